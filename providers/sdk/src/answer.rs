//! The answer of an upstream, as the host passes it to a provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The answer of an upstream: the status, a few headers, the body.
///
/// Outside its tests a provider never sees a failed connection, a 429 or a 5xx: the host passes on the last good answer
/// instead, or ends the call with a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The HTTP status, 100 to 599.
    pub status: u16,
    /// The headers a provider may read, names in lower case: `content-type`, `etag`, `last-modified`, `link`,
    /// `retry-after` and those that begin with `x-ratelimit-`.
    pub headers: BTreeMap<String, String>,
    /// The body, after content decoding.
    pub body: &'a [u8],
    /// Whose secret the request carried; `None` if it was sent without one.
    pub sent_with: Option<SentWith>,
}

/// Whose secret a request carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentWith {
    /// The secret of the owner that the request names.
    Owner,
    /// One of the server's own secrets, which it uses for owners without a secret.
    Server,
}

impl<'a> Answer<'a> {
    /// Whether the upstream says that the resource does not exist: 404 or 410.
    pub fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether the request carried a secret, so that the answer may contain private data.
    pub fn is_authenticated(&self) -> bool {
        self.sent_with.is_some()
    }

    /// The value of the header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Deserialises the body from JSON if the status is 2xx; the result may borrow from the body.
    ///
    /// ```
    /// use badgesmith_provider::{Answer, FailureKind};
    ///
    /// let answer = Answer { status: 200, body: b"[1, 2]", ..Answer::default() };
    /// assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1, 2]);
    /// let answer = Answer { status: 200, body: b"<html>", ..Answer::default() };
    /// assert_eq!(answer.json::<Vec<u8>>().unwrap_err().kind, FailureKind::InvalidResponse);
    /// ```
    ///
    /// # Errors
    /// The failure that [`Answer::success`] returns for the status; `UPSTREAM_INVALID` if the body is not JSON of the
    /// expected type.
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, Failure> {
        let body = self.success()?;
        // Some feeds send a byte order mark before their JSON, which RFC 8259 allows a reader to ignore.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        serde_json::from_slice(body).map_err(|fault| Failure::invalid_response().because(fault.to_string()))
    }

    /// The body, if the status is 2xx.
    ///
    /// # Errors
    /// `UPSTREAM_FORBIDDEN` for 401 and 403, `UPSTREAM_NOT_FOUND` for 404 and 410, `UPSTREAM_RATE_LIMITED` for 429,
    /// `UPSTREAM_UNAVAILABLE` for 5xx, `UPSTREAM_INVALID` for any other status.
    pub fn success(&self) -> Result<&'a [u8], Failure> {
        match self.status {
            200..=299 => Ok(self.body),
            401 | 403 => Err(Failure::inaccessible("UPSTREAM_FORBIDDEN", "forbidden")),
            404 | 410 => Err(Failure::not_found("UPSTREAM_NOT_FOUND", "not found")),
            429 => Err(Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited")),
            500..=599 => Err(Failure::inaccessible("UPSTREAM_UNAVAILABLE", "upstream unavailable")),
            status => Err(Failure::invalid_response().because(format!("the status is {status}"))),
        }
    }
}
