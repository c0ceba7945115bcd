//! The other end of a connection, by its address.

use std::net::IpAddr;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A peer with an IP address. An IPv4 address that is mapped into IPv6 is stored as IPv4.
    Address(IpAddr),
    /// A process of this machine, over a Unix socket. It has no address.
    #[cfg(unix)]
    UnixSocket,
}

impl Peer {
    /// The peer at an address.
    pub(crate) const fn at(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }

    /// Its address, if it has one.
    pub(crate) const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address),
            #[cfg(unix)]
            Self::UnixSocket => None,
        }
    }
}
