//! `allow-addresses`: what callers may name although it does not lead outside.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Host;

/// A host and a port that callers may name whatever the host is: a team's own network, or this machine in a test.
///
/// ```
/// use badgesmith_engine::Allowed;
///
/// let allowed = Allowed::try_from("127.0.0.1:9000".to_owned()).unwrap();
/// assert_eq!(allowed.port, 9000);
/// assert!(Allowed::try_from("10.0.0.0/8".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Allowed {
    /// An address, which counts however it was named; or a name, which counts wherever it leads.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse().ok().filter(|port| *port > 0)?;
            Some(Self { host: Host::parse(host).ok()?, port })
        });
        parts.ok_or_else(|| {
            format!(
                "{text:?} is no host and port; write \"127.0.0.1:9000\", \"[::1]:9000\" or \"reports.example.com:443\""
            )
        })
    }
}

impl From<Allowed> for String {
    fn from(allowed: Allowed) -> Self {
        allowed.to_string()
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

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
            assert_eq!(Allowed::try_from(text.to_owned()).unwrap().to_string(), shown);
        }
        for text in
            ["", "127.0.0.1", "::1:1", "10.0.0.0/8:80", "10.0.0.1:*", "a b:1", "http://a:1", "a:0", "a:70000", "a@b:1"]
        {
            assert!(Allowed::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
