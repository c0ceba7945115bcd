//! The badge server: its address replaces the one of shields.io, and requests go only to it.

use std::fmt;

use url::Url;

/// The server's scheme, host and port, and the path that all its addresses begin with.
#[derive(Clone, Debug)]
pub(crate) struct BadgeServer {
    /// `https://badges.example.com` or `https://example.com/badges`, without a slash at its end.
    base: String,
    url: Url,
}

/// Why an address cannot be used as a badge server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerFault {
    NoAddress,
    /// A password would be written into the READMEs.
    Credentials,
    QueryOrFragment,
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAddress => "write an http or https address, such as https://badges.example.com",
            Self::Credentials => "leave user and password out; they would be written into the READMEs",
            Self::QueryOrFragment => "leave ? and # out; the paths of badges follow the address",
        })
    }
}

impl std::error::Error for ServerFault {}

impl BadgeServer {
    /// Reads the argument `--server`.
    pub(crate) fn parse(text: &str) -> Result<Self, ServerFault> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or(ServerFault::NoAddress)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServerFault::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ServerFault::QueryOrFragment);
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { base, url })
    }

    /// The text that replaces the scheme and host of shields.io.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// How many bytes of `text`, which begins with the `//` of an address, are this server's host and prefix; `None` if
    /// the address belongs to another server.
    pub(super) fn own_length(&self, text: &[u8]) -> Option<usize> {
        let name = self.base.split_once(':').map_or("", |(_, name)| name).as_bytes();
        let slash = name.iter().skip(2).position(|byte| *byte == b'/').map_or(name.len(), |at| at + 2);
        let (host, prefix) = text.get(..name.len())?.split_at_checked(slash)?;
        let (own_host, own_prefix) = name.split_at_checked(slash)?;
        let is_own = host.eq_ignore_ascii_case(own_host) && prefix == own_prefix;
        (is_own && text.get(name.len()) == Some(&b'/')).then_some(name.len())
    }

    /// The address of a badge on this server. `rest` is the text after the host in a README. `None` if it cannot be an
    /// address, or if it would leave the prefix with `..`.
    pub(super) fn address(&self, rest: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{rest}", self.base)).ok()?;
        self.owns(&url).then_some(url)
    }

    /// Whether an address belongs to this server and is below its prefix.
    pub(super) fn owns(&self, url: &Url) -> bool {
        let is_under = url.path().strip_prefix(self.prefix()).is_some_and(|rest| rest.starts_with('/'));
        url.origin() == self.url.origin() && is_under && url.username().is_empty() && url.password().is_none()
    }

    /// The path of one of this server's addresses, without the prefix.
    pub(super) fn path<'u>(&self, url: &'u Url) -> &'u str {
        url.path().strip_prefix(self.prefix()).unwrap_or_else(|| url.path())
    }

    fn prefix(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_web_address_that_badges_can_follow() {
        for (text, expected) in [
            ("https://Badges.example.com", Ok("https://badges.example.com")),
            ("https://badges.example.com/", Ok("https://badges.example.com")),
            ("http://localhost:8080/b/", Ok("http://localhost:8080/b")),
            ("badges.example.com", Err(ServerFault::NoAddress)),
            ("file:///x", Err(ServerFault::NoAddress)),
            ("https://me:pass@badges.example.com", Err(ServerFault::Credentials)),
            ("https://badges.example.com/?x", Err(ServerFault::QueryOrFragment)),
            ("https://badges.example.com/#x", Err(ServerFault::QueryOrFragment)),
        ] {
            let server = BadgeServer::parse(text);
            assert_eq!(server.as_ref().map(BadgeServer::base).map_err(|fault| *fault), expected, "{text}");
        }
    }

    #[test]
    fn no_address_leaves_the_server_or_its_prefix() {
        let server = BadgeServer::parse("https://example.com/b").unwrap();
        for (rest, expected) in [
            ("/badge/a b-red", Some("https://example.com/b/badge/a%20b-red")),
            ("/../admin", None),
            ("/%2e%2e/admin", None),
            ("//evil.example/x", Some("https://example.com/b//evil.example/x")),
            ("@evil.example/x", None),
            ("x", None),
        ] {
            assert_eq!(server.address(rest).as_ref().map(Url::as_str), expected, "{rest}");
        }
        let root = BadgeServer::parse("https://example.com").unwrap();
        for rest in ["@evil.example/", ".evil.example/", ":99/x"] {
            assert_eq!(root.address(rest), None, "{rest}");
        }
    }

    #[test]
    fn an_address_of_the_server_is_known_by_its_name_and_prefix() {
        let server = BadgeServer::parse("https://example.com:8443/b").unwrap();
        for (text, expected) in [
            ("//example.com:8443/b/badge/x", Some(20)),
            ("//EXAMPLE.com:8443/b/badge/x", Some(20)),
            ("//example.com:8443/B/badge/x", None),
            ("//example.com:8443/bad", None),
            ("//example.com/b/x", None),
            ("//", None),
        ] {
            assert_eq!(server.own_length(text.as_bytes()), expected, "{text}");
        }
    }
}
