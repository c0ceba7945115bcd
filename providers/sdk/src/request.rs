//! A request to an upstream, built so that no parameter can change the path it is inserted into.

use std::{collections::BTreeMap, fmt, ops::Not};

use serde::{Deserialize, Serialize};

use crate::{
    auth::{Auth, Scheme},
    hook::About,
};

/// A request that a provider asks its host to send: a GET, or a POST if it has a body.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Further headers. The manifest declares their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Auth>,
    /// The body, sent as JSON. With a body the request is a POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<serde_json::Value>,
    /// Whether a POST may be sent twice.
    #[serde(default, skip_serializing_if = "Not::not")]
    safe: bool,
    /// Whether a caller of the badge named the host.
    #[serde(default, skip_serializing_if = "Not::not")]
    web: bool,
    /// Whether the call goes on without an answer.
    #[serde(default, skip_serializing_if = "Not::not")]
    optional: bool,
    /// For how many seconds its answer is fresh, if that differs from the badge's time.
    #[serde(default, rename = "fresh-seconds", skip_serializing_if = "Option::is_none")]
    fresh_seconds: Option<u32>,
    /// The subject of its answer, for marks that make it stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<About>,
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
        Self { base: base.into(), path: path.into(), parts, ..Self::default() }
    }

    /// A POST of a JSON body, of at most 16 KiB, to `base/path`, as [`Request::get`] makes the address. The manifest
    /// requires `post`.
    ///
    /// ```
    /// use badgesmith_provider::Request;
    /// use serde_json::json;
    ///
    /// let query = json!({ "query": "query($login: String!) { user(login: $login) { name } }",
    ///                     "variables": { "login": "octocat" } });
    /// let request = Request::post("https://api.example", "graphql", [""; 0], query).safe();
    /// assert_eq!(request.url().unwrap(), "https://api.example/graphql");
    /// ```
    pub fn post<P: Into<String>>(
        base: impl Into<String>,
        path: impl Into<String>,
        parts: impl IntoIterator<Item = P>,
        body: serde_json::Value,
    ) -> Self {
        Self { body: Some(body), ..Self::get(base, path, parts) }
    }

    /// A GET of an absolute address that an upstream returned, such as the next page in a `Link` header.
    pub fn to(url: impl Into<String>) -> Self {
        Self { base: url.into(), ..Self::default() }
    }

    /// Appends `name=value` to the query, the value percent-encoded.
    ///
    /// ```
    /// use badgesmith_provider::Request;
    ///
    /// let request = Request::get("https://h", "runs", [""; 0]).query("branch", "a b").query("page", "1");
    /// assert_eq!(request.url().unwrap(), "https://h/runs?branch=a%20b&page=1");
    /// ```
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        let value = value.into();
        if !value.is_empty() {
            self.path.push_str("{}");
            self.parts.push(value);
        }
        self
    }

    /// Appends every segment of a path, percent-encoded, so that its slashes stay.
    ///
    /// ```
    /// use badgesmith_provider::Request;
    ///
    /// let request = Request::get("https://h", "contents", [""; 0]).join("src/a b.rs");
    /// assert_eq!(request.url().unwrap(), "https://h/contents/src/a%20b.rs");
    /// ```
    #[must_use]
    pub fn join(mut self, path: &str) -> Self {
        for segment in path.split('/') {
            self.path.push_str("/{}");
            self.parts.push(segment.to_owned());
        }
        self
    }

    /// Lets the host send a POST again if it does not know whether the first one arrived.
    #[must_use]
    pub fn safe(mut self) -> Self {
        self.safe = true;
        self
    }

    /// Marks the host of the address as named by a caller. The host then sends the request like one for a document
    /// badge: to public addresses only, without retries, never with a secret. The manifest requires `web`.
    #[must_use]
    pub fn web(mut self) -> Self {
        self.web = true;
        self
    }

    /// Lets the call go on if there is no secret to send, or the upstream does not answer: the answer then has status
    /// 503 and no body. The manifest requires `optional-requests`.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Makes the host use an answer for this many seconds without fetching it again, whatever the badge's own time is.
    /// The manifest requires `fresh-requests`.
    #[must_use]
    pub fn fresh_for(mut self, seconds: u32) -> Self {
        self.fresh_seconds = Some(seconds);
        self
    }

    /// Names the subject of the answer, so that a delivery of a webhook can mark the answer as stale. The manifest
    /// requires `about`.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = Some(about);
        self
    }

    /// Sets a header, whose name the manifest declares in `headers`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sends a secret.
    #[must_use]
    pub fn authorize(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
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
    pub fn auth_as(self, scheme: Scheme, secret: impl Into<String>, owner: impl Into<String>) -> Self {
        self.authorize(Auth { scheme, ..Auth::bearer(secret, owner) })
    }

    /// The value of the `Accept` header, if it is set.
    pub fn accepted(&self) -> Option<&str> {
        self.accept.as_deref()
    }

    /// The body of a POST; a GET has none.
    pub fn body(&self) -> Option<&serde_json::Value> {
        self.body.as_ref()
    }

    /// Whether the request may be sent twice: a GET, or a POST that is marked as safe.
    pub fn is_safe(&self) -> bool {
        self.body.is_none() || self.safe
    }

    /// Whether the call goes on without an answer.
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// For how many seconds its answer is fresh, if that differs from the badge's time.
    pub fn fresh_seconds(&self) -> Option<u32> {
        self.fresh_seconds
    }

    /// The subject of its answer, if it names one.
    pub fn subject(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Whether a caller of the badge named the host.
    pub fn is_web(&self) -> bool {
        self.web
    }

    /// The start of the address; empty if it comes from a setting without a value.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The further headers.
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
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

/// The request as a transcript writes it: the method if it is a POST, the address, the media type, the further headers,
/// the name and owner of the secret, and the body.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.body.is_some() {
            f.write_str(if self.safe { "safe POST " } else { "POST " })?;
        }
        if self.web {
            f.write_str("web ")?;
        }
        match self.url() {
            Ok(url) => f.write_str(&url)?,
            Err(fault) => write!(f, "({fault})")?,
        }
        if let Some(accept) = &self.accept {
            write!(f, " as {accept}")?;
        }
        for (name, value) in &self.headers {
            write!(f, " and {name}: {value}")?;
        }
        if let Some(auth) = &self.auth {
            write!(f, " with {auth}")?;
        }
        match &self.body {
            Some(body) => write!(f, " body {body}"),
            None => Ok(()),
        }
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
    fn a_transcript_shows_everything_that_a_request_sends() {
        let auth = Auth::basic("token", "acme").user("api");
        let body = serde_json::json!({ "q": "x" });
        let request = Request::post("https://h", "{}", ["a"], body).safe().header("X-Version", "2").authorize(auth);
        let shown = "safe POST https://h/a and X-Version: 2 with basic api token of acme body {\"q\":\"x\"}";
        assert_eq!(request.to_string(), shown);
        assert_eq!(Request::to("https://h/a").web().to_string(), "web https://h/a");
    }

    #[test]
    fn an_empty_value_of_the_query_is_sent_as_such() {
        let request = Request::get("https://h", "a?b={}", ["1"]).query("c", "").query("d", "/");
        assert_eq!(request.url().unwrap(), "https://h/a?b=1&c=&d=%2F");
    }

    #[test]
    fn a_request_tells_whose_secret_it_is_sent_with() {
        let request = Request::get("https://h", "{}", ["a"]).accept("text/plain").auth("token", "acme");
        assert_eq!(request.to_string(), "https://h/a as text/plain with bearer token of acme");
    }
}
