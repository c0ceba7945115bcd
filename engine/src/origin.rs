//! An origin: scheme, host and port, and nothing else.

use std::fmt;

use url::{Host, Url};

/// Where a request goes, in its normal form: `https://api.nuget.org`, `http://127.0.0.1:9000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// The origin of an address.
    ///
    /// # Errors
    /// What is wrong with the address: it is none, it carries a user or a password, or it is plain http to anywhere
    /// but this machine.
    pub fn of(address: &str) -> Result<Self, String> {
        let url = Url::parse(address).map_err(|fault| format!("{address:?} is no address: {fault}"))?;
        Self::of_url(&url)
    }

    /// The origin of an address that was read already.
    ///
    /// # Errors
    /// As [`Origin::of`].
    pub fn of_url(url: &Url) -> Result<Self, String> {
        let shown = url.origin().ascii_serialization();
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(url) => {}
            "http" => return Err(format!("{shown} is plain http, which is for this machine only; write https")),
            scheme => return Err(format!("{scheme}: is not https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("an address at {shown} carries a user or a password; use a secret"));
        }
        Ok(Self(shown))
    }

    /// The origin of an address that a caller named, whatever it is.
    pub(crate) fn of_web(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// An origin alone, as plugins.toml grants it.
    ///
    /// # Errors
    /// As [`Origin::of`], and where more than an origin is there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|fault| format!("{text:?} is no address: {fault}"))?;
        let origin = Self::of_url(&url)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{text:?} is more than an origin; write {origin}"));
        }
        Ok(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_compared_in_its_normal_form() {
        let rows = [
            ("https://API.nuget.org:443/", Some("https://api.nuget.org")),
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("http://localhost:80", Some("http://localhost")),
            ("http://[::1]:1", Some("http://[::1]:1")),
            ("http://example.com", None),
            ("http://localhost.example.com", None),
            ("https://user@example.com", None),
            ("https://example.com/path", None),
            ("file:///etc", None),
            ("api.nuget.org", None),
        ];
        for (text, origin) in rows {
            assert_eq!(Origin::parse(text).ok().map(|origin| origin.to_string()).as_deref(), origin, "{text}");
        }
    }
}
