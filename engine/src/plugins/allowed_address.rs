//! `allow-addresses`: private addresses that callers may name.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};
use url::Host;

/// A host and a port that callers may name although the address is private: a team's own network, or this machine in a
/// test.
///
/// ```
/// use badgesmith_engine::AllowedAddress;
///
/// let allowed = AllowedAddress::try_from("127.0.0.1:9000".to_owned()).unwrap();
/// assert_eq!(allowed.port, 9000);
/// assert!(AllowedAddress::try_from("10.0.0.0/8".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowedAddress {
    /// An IP address, which is compared with the address that a name resolves to; or a name, which may resolve to any
    /// address.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// The text that is not a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAllowedAddress(pub String);

impl TryFrom<String> for AllowedAddress {
    type Error = InvalidAllowedAddress;

    fn try_from(text: String) -> Result<Self, InvalidAllowedAddress> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse().ok().filter(|port| *port > 0)?;
            Some(Self { host: Host::parse(host).ok()?, port })
        });
        parts.ok_or(InvalidAllowedAddress(text))
    }
}

impl From<AllowedAddress> for String {
    fn from(allowed: AllowedAddress) -> Self {
        allowed.to_string()
    }
}

impl fmt::Display for AllowedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for InvalidAllowedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no host and port; write \"127.0.0.1:9000\", \"[::1]:9000\" or \"reports.example.com:443\"",
            self.0
        )
    }
}

impl Error for InvalidAllowedAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_and_nothing_else_are_allowed() {
        for (text, shown) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("0x7f.1:80", "127.0.0.1:80"),
            ("[::1]:1", "[::1]:1"),
            ("Reports.Example.com:443", "reports.example.com:443"),
        ] {
            assert_eq!(AllowedAddress::try_from(text.to_owned()).unwrap().to_string(), shown);
        }
        for text in
            ["", "127.0.0.1", "::1:1", "10.0.0.0/8:80", "10.0.0.1:*", "a b:1", "http://a:1", "a:0", "a:70000", "a@b:1"]
        {
            assert!(AllowedAddress::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
