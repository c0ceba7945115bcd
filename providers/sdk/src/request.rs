//! A request to an upstream, built so that no parameter can change the path it is inserted into.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A GET request that a provider asks its host to send.
///
/// Parts of the address that come from a client are passed separately from the template and are percent-encoded where
/// they are inserted, so a package called `../admin?x` stays one path segment. A request has the name and the owner of
/// a secret, never the secret itself.
///
/// ```
/// use badgesmith_provider::Request;
///
/// let request = Request::get("https://api.nuget.org", "v3-flatcontainer/{}/index.json", ["a b/c"]);
/// assert_eq!(request.url().unwrap(), "https://api.nuget.org/v3-flatcontainer/a%20b%2Fc/index.json");
/// assert!(Request::get("https://api.nuget.org", "{}/index.json", [".."]).url().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The start of the address: scheme, host, port and perhaps a path.
    base: String,
    /// The template of the rest, with a `{}` for every part.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    path: String,
    /// What replaces each `{}`, not yet percent-encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<String>,
    /// The value of the `Accept` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accept: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Auth>,
}

/// The secret that a request is sent with: a name and an owner, by which the host finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// The secret's name in the manifest.
    pub secret: String,
    /// The owner of the secret: an organisation or a user.
    pub owner: String,
    /// How it is sent in the `Authorization` header.
    #[serde(default)]
    pub scheme: Scheme,
}

/// The scheme of the `Authorization` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// `Bearer secret`.
    #[default]
    Bearer,
    /// `Basic base64(owner:secret)`.
    Basic,
}

/// Why a request has no valid address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A part is empty, `.` or `..`, which would change the template's path: the client's fault.
    Part(String),
    /// The number of `{}` in the template is not the number of parts: the provider's fault.
    Template(String),
    /// The base is not an `http` or `https` address: the fault of the provider or of a setting.
    Base(String),
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => write!(f, "{part:?} cannot be a part of an address"),
            Self::Template(path) => write!(f, "the template {path:?} does not have a {{}} for every part"),
            Self::Base(base) => write!(f, "{base:?} is not an http or https address"),
        }
    }
}

impl std::error::Error for InvalidRequest {}

impl Request {
    /// A GET of `base/path`, with each `{}` of `path` replaced by the corresponding part, percent-encoded.
    pub fn get<P: Into<String>>(
        base: impl Into<String>,
        path: impl Into<String>,
        parts: impl IntoIterator<Item = P>,
    ) -> Self {
        let parts = parts.into_iter().map(Into::into).collect();
        Self { base: base.into(), path: path.into(), parts, accept: None, auth: None }
    }

    /// A GET of an absolute address that an upstream returned, such as the next page in a `Link` header.
    pub fn to(url: impl Into<String>) -> Self {
        Self { base: url.into(), path: String::new(), parts: Vec::new(), accept: None, auth: None }
    }

    /// Sets the `Accept` header.
    #[must_use]
    pub fn accept(mut self, media_type: impl Into<String>) -> Self {
        self.accept = Some(media_type.into());
        self
    }

    /// Sends `owner`'s secret with the name `secret` as a bearer token.
    #[must_use]
    pub fn auth(self, secret: impl Into<String>, owner: impl Into<String>) -> Self {
        self.auth_as(Scheme::Bearer, secret, owner)
    }

    /// Sends `owner`'s secret with the name `secret` in this scheme.
    #[must_use]
    pub fn auth_as(mut self, scheme: Scheme, secret: impl Into<String>, owner: impl Into<String>) -> Self {
        self.auth = Some(Auth { secret: secret.into(), owner: owner.into(), scheme });
        self
    }

    /// The value of the `Accept` header, if it is set.
    pub fn accepted(&self) -> Option<&str> {
        self.accept.as_deref()
    }

    /// The name and owner of the secret to send, if there is one.
    pub fn secret(&self) -> Option<&Auth> {
        self.auth.as_ref()
    }

    /// The whole address.
    ///
    /// # Errors
    /// [`InvalidRequest`] if a part would change the path, the template does not fit the parts, or the base is not an
    /// address.
    pub fn url(&self) -> Result<String, InvalidRequest> {
        if !self.base.starts_with("https://") && !self.base.starts_with("http://") {
            return Err(InvalidRequest::Base(self.base.clone()));
        }
        if self.path.is_empty() && self.parts.is_empty() {
            return Ok(self.base.clone());
        }
        let mut url = format!("{}/", self.base.trim_end_matches('/'));
        let mut parts = self.parts.iter();
        let mut pieces = self.path.trim_start_matches('/').split("{}");
        url.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let part = parts.next().ok_or_else(|| InvalidRequest::Template(self.path.clone()))?;
            escape(part, &mut url)?;
            url.push_str(piece);
        }
        if parts.next().is_some() { Err(InvalidRequest::Template(self.path.clone())) } else { Ok(url) }
    }
}

/// The request as a transcript writes it: the address, the media type, and the name and owner of the secret.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.url() {
            Ok(url) => f.write_str(&url)?,
            Err(fault) => write!(f, "({fault})")?,
        }
        if let Some(accept) = &self.accept {
            write!(f, " as {accept}")?;
        }
        if let Some(Auth { secret, owner, scheme }) = &self.auth {
            let scheme = if *scheme == Scheme::Basic { "basic" } else { "bearer" };
            write!(f, " with {scheme} {secret} of {owner}")?;
        }
        Ok(())
    }
}

/// Appends `part` with all bytes percent-encoded except RFC 3986's unreserved characters.
fn escape(part: &str, url: &mut String) -> Result<(), InvalidRequest> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if matches!(part, "" | "." | "..") {
        return Err(InvalidRequest::Part(part.to_owned()));
    }
    for &byte in part.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_never_leaves_its_place() {
        let rows = [
            ("Newtonsoft.Json", Some("https://h/a/Newtonsoft.Json/z")),
            ("../x", Some("https://h/a/..%2Fx/z")),
            ("a?b#c", Some("https://h/a/a%3Fb%23c/z")),
            ("%2e%2e", Some("https://h/a/%252e%252e/z")),
            ("é\0", Some("https://h/a/%C3%A9%00/z")),
            ("..", None),
            (".", None),
            ("", None),
        ];
        for (part, url) in rows {
            assert_eq!(Request::get("https://h/", "a/{}/z", [part]).url().ok().as_deref(), url, "{part:?}");
        }
    }

    #[test]
    fn a_template_has_a_place_for_every_part() {
        assert!(matches!(Request::get("https://h", "{}/{}", ["a"]).url(), Err(InvalidRequest::Template(_))));
        assert!(matches!(Request::get("https://h", "{}", ["a", "b"]).url(), Err(InvalidRequest::Template(_))));
        assert!(matches!(Request::get("file:///etc", "{}", ["passwd"]).url(), Err(InvalidRequest::Base(_))));
    }

    #[test]
    fn a_request_tells_whose_secret_it_is_sent_with() {
        let request = Request::get("https://h", "{}", ["a"]).accept("text/plain").auth("token", "acme");
        assert_eq!(request.to_string(), "https://h/a as text/plain with bearer token of acme");
    }
}
