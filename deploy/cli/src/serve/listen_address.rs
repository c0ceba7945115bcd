//! `--listen`: an IP address with a port, or the path of a Unix socket.

use std::{fmt, net::SocketAddr, str::FromStr};

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListenAddress {
    Tcp(SocketAddr),
    #[cfg(unix)]
    UnixSocket(std::path::PathBuf),
}

/// A text that is not an address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidListenAddress;

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(InvalidListenAddress) } else { Ok(Self::UnixSocket(path.into())) };
        }
        text.parse().map(Self::Tcp).map_err(|_| InvalidListenAddress)
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::UnixSocket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for InvalidListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write 127.0.0.1:8080, [::]:8080 for IPv6 and IPv4, or unix:/run/badgesmith.sock")
    }
}

impl std::error::Error for InvalidListenAddress {}

impl ListenAddress {
    /// Whether only this machine can connect, over IP.
    pub(crate) const fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            #[cfg(unix)]
            Self::UnixSocket(_) => false,
        }
    }

    /// Whether clients that connect here have IP addresses.
    pub(crate) const fn has_addresses(&self) -> bool {
        match self {
            Self::Tcp(_) => true,
            #[cfg(unix)]
            Self::UnixSocket(_) => false,
        }
    }
}
