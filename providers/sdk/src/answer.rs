//! What an upstream answered, as the host hands it over.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Failure;

/// One answer of an upstream: a status, a few headers, a body.
///
/// A provider never sees a connection that failed, a 429 or a 5xx outside its tests: the host serves the last good
/// answer instead, or ends the call with the right words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The HTTP status, 100 to 599.
    pub status: u16,
    /// The headers a provider may read, names in lower case: `content-type`, `etag`, `last-modified`, `link`,
    /// `retry-after` and those that begin with `x-ratelimit-`.
    pub headers: BTreeMap<String, String>,
    /// The body, as it was after content decoding.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Whether the upstream knows no such thing: 404 or 410.
    pub fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// A header's value by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body read as JSON, if the status is 2xx; what is read may borrow from it.
    ///
    /// ```
    /// use badgesmith_provider::{Answer, Kind};
    ///
    /// let answer = Answer { status: 200, body: b"[1, 2]", ..Answer::default() };
    /// assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1, 2]);
    /// let answer = Answer { status: 200, body: b"<html>", ..Answer::default() };
    /// assert_eq!(answer.json::<Vec<u8>>().unwrap_err().kind, Kind::InvalidResponse);
    /// ```
    ///
    /// # Errors
    /// The failure that [`Answer::success`] gives for the status; `UPSTREAM_INVALID` where the body is something else
    /// than was expected.
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, Failure> {
        let body = self.success()?;
        // Some feeds put a byte order mark in front of their JSON, which RFC 8259 lets a reader ignore.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        serde_json::from_slice(body).map_err(|_| Failure::invalid_response())
    }

    /// The body, if the status is 2xx.
    ///
    /// # Errors
    /// `UPSTREAM_FORBIDDEN` for 401 and 403, `UPSTREAM_NOT_FOUND` for 404 and 410, `UPSTREAM_RATE_LIMITED` for 429,
    /// `UPSTREAM_UNAVAILABLE` for 5xx, `UPSTREAM_INVALID` for the rest.
    pub fn success(&self) -> Result<&'a [u8], Failure> {
        match self.status {
            200..=299 => Ok(self.body),
            401 | 403 => Err(Failure::inaccessible("UPSTREAM_FORBIDDEN", "forbidden")),
            404 | 410 => Err(Failure::not_found("UPSTREAM_NOT_FOUND", "not found")),
            429 => Err(Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited")),
            500..=599 => Err(Failure::inaccessible("UPSTREAM_UNAVAILABLE", "upstream unavailable")),
            _ => Err(Failure::invalid_response()),
        }
    }
}
