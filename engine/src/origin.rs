//! An origin: scheme, host and port.

use std::{error::Error, fmt};

use url::{Host, ParseError, Url};

/// The origin of an address, in its normal form: `https://api.nuget.org`, `http://127.0.0.1:9000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// The origin of an address.
    ///
    /// # Errors
    /// [`OriginError`] unless the scheme is https, or http to a loopback address, and if the address has credentials.
    pub fn of(address: &str) -> Result<Self, OriginError> {
        Self::of_url(&parse(address)?)
    }

    /// The origin of a parsed address.
    ///
    /// # Errors
    /// As [`Origin::of`].
    pub fn of_url(url: &Url) -> Result<Self, OriginError> {
        Self::of_url_allowing(url, &[])
    }

    /// The origin of a parsed address. Plain http is allowed to loopback and to the origins in `allowed`.
    pub(crate) fn of_url_allowing(url: &Url, allowed: &[Self]) -> Result<Self, OriginError> {
        let origin = Self::of_web(url);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(url) || allowed.contains(&origin) => {}
            "http" => return Err(OriginError::PlainHttp(origin)),
            scheme => return Err(OriginError::Scheme(scheme.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::Credentials(origin));
        }
        Ok(origin)
    }

    /// The origin of an address that a caller named, unchecked.
    pub(crate) fn of_web(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// Parses an origin without a path, as plugins.toml grants it.
    ///
    /// # Errors
    /// As [`Origin::of`], and [`OriginError::More`].
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        Self::parse_allowing(text, &[])
    }

    /// The origin of an address. Plain http is allowed to loopback and to the origins in `allowed`.
    pub(crate) fn of_allowing(address: &str, allowed: &[Self]) -> Result<Self, OriginError> {
        Self::of_url_allowing(&parse(address)?, allowed)
    }

    /// Parses an origin without a path. Plain http is allowed to loopback and to the origins in `allowed`.
    pub(crate) fn parse_allowing(text: &str, allowed: &[Self]) -> Result<Self, OriginError> {
        let url = parse(text)?;
        let origin = Self::of_url_allowing(&url, allowed)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(OriginError::More { text: text.to_owned(), origin });
        }
        Ok(origin)
    }
}

fn parse(text: &str) -> Result<Url, OriginError> {
    Url::parse(text).map_err(|fault| OriginError::Address { text: text.to_owned(), fault })
}

/// Why a text is not an origin that can be granted to a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginError {
    /// It is not an address.
    Address {
        /// The text.
        text: String,
        /// What is wrong with it.
        fault: ParseError,
    },
    /// It is plain http to another machine.
    PlainHttp(Origin),
    /// It has this scheme, not https.
    Scheme(String),
    /// It has a user or a password.
    Credentials(Origin),
    /// It has a path, a query or a fragment.
    More {
        /// The text.
        text: String,
        /// The origin in it.
        origin: Origin,
    },
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { text, fault } => write!(f, "{text:?} is no address: {fault}"),
            Self::PlainHttp(origin) => {
                write!(f, "{origin} is plain http, which is for this machine only; write https")
            }
            Self::Scheme(scheme) => write!(f, "{scheme}: is not https"),
            Self::Credentials(origin) => {
                write!(f, "an address at {origin} carries a user or a password; use a secret")
            }
            Self::More { text, origin } => write!(f, "{text:?} is more than an origin; write {origin}"),
        }
    }
}

impl Error for OriginError {}

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

    #[test]
    fn plain_http_to_another_machine_is_for_exactly_the_origins_that_are_allowed() {
        let allowed = [Origin::of_web(&Url::parse("http://registry.internal:8081").unwrap())];
        let is_granted = |text: &str| Origin::parse_allowing(text, &allowed).is_ok();
        assert!(is_granted("http://registry.internal:8081") && is_granted("http://Registry.internal:8081/"));
        for text in [
            "http://registry.internal",
            "http://registry.internal:8082",
            "http://a.registry.internal:8081",
            "http://user@registry.internal:8081",
            "http://registry.internal:8081/path",
            "ftp://registry.internal:8081",
        ] {
            assert!(!is_granted(text), "{text}");
        }
        assert!(Origin::of_allowing("http://registry.internal:8081/path", &allowed).is_ok());
        assert!(Origin::of("http://registry.internal:8081/path").is_err());
    }
}
