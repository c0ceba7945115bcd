//! An HTTP request as data, and percent-decoding, which happens nowhere else.

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use crate::format::Format;

/// The longest path with its query, in bytes; a longer one is 414.
pub const LONGEST_PATH: usize = 8 * 1024;
/// The largest sum of header names and values, in bytes; a larger one is 431.
pub const LARGEST_HEADERS: usize = 16 * 1024;
/// The largest body, in bytes; a larger one is 413.
pub const LARGEST_BODY: usize = 256 * 1024;
/// The largest delivery of a webhook, in bytes; a larger one is 413.
pub const LARGEST_DELIVERY: usize = 1024 * 1024;

/// The first segment of webhooks' addresses; no other route of a plugin begins with it.
pub(crate) const WEBHOOKS: &str = "webhooks";

/// The largest body that is taken at this path, in bytes: [`LARGEST_DELIVERY`] for a webhook, [`LARGEST_BODY`] for
/// anything else.
///
/// ```
/// use badgesmith_engine::{LARGEST_BODY, LARGEST_DELIVERY, largest_body};
///
/// assert_eq!(largest_body("/Webhooks/github"), LARGEST_DELIVERY);
/// assert_eq!(largest_body("/tests/webhooks"), LARGEST_BODY);
/// ```
#[must_use]
pub fn largest_body(path: &str) -> usize {
    let first = segments(path).next().map(decode).unwrap_or_default();
    if first.eq_ignore_ascii_case(WEBHOOKS) { LARGEST_DELIVERY } else { LARGEST_BODY }
}

/// The most query parameters; more are 400. Each override searches all of them.
pub(crate) const MOST_PAIRS: usize = 256;
/// The most levels of percent-encoding that are decoded; more are 400. Each gateway may add or remove a level.
pub(crate) const DEEPEST_ENCODING: usize = 8;

/// An HTTP request, not yet interpreted.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The query, still percent-encoded, without its `?`; empty if there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, of at most [`largest_body`] bytes.
    pub body: Bytes,
    /// The client's IP address, for the log; empty if it is unknown.
    pub source: String,
    /// The id that the response and its log lines share; error responses show it.
    pub correlation_id: String,
}

/// A request without its body and its client.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, still percent-encoded, without the query.
    pub path: &'a str,
    /// The query, still percent-encoded, without its `?`; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
}

impl Request {
    /// The request without its body and its client.
    #[must_use]
    pub fn asked(&self) -> Asked<'_> {
        let Self { method, path, query, headers, .. } = self;
        Asked { method, path, query, headers }
    }

    /// A GET without headers.
    pub fn get(path_and_query: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Self {
            method: Method::GET,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            source: String::new(),
            correlation_id: String::new(),
        }
    }

    /// The path's segments, still percent-encoded; one trailing slash is ignored.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        segments(&self.path)
    }

    /// The query parameters, form-decoded. At most one more than [`MOST_PAIRS`] is read, which shows that there are too
    /// many.
    pub(crate) fn pairs(&self) -> Pairs<'_> {
        Pairs::of_query(&self.query)
    }

    /// The header's value; empty if it is missing or not text.
    pub(crate) fn header(&self, name: http::header::HeaderName) -> &str {
        self.asked().header(name)
    }
}

impl<'a> Asked<'a> {
    /// The header's value; empty if it is missing or not text.
    pub(crate) fn header(self, name: http::header::HeaderName) -> &'a str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A request with its parsed query, the format of its response, and its time of arrival.
pub(crate) struct Incoming<'a> {
    pub(crate) request: &'a Request,
    pub(crate) pairs: Pairs<'a>,
    pub(crate) format: Format,
    pub(crate) now: SystemTime,
}

/// A path's segments; one trailing slash is ignored.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// The parameters of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Pairs<'a> {
    /// Parameters that are not in a query.
    pub(crate) fn of(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The parameters of a query, form-decoded.
    pub(crate) fn of_query(query: &'a str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).take(MOST_PAIRS + 1).collect())
    }
}

impl Pairs<'_> {
    /// The first value of the parameter.
    pub(crate) fn get<'s>(&'s self, name: &'s str) -> Option<&'s str> {
        self.all(name).next()
    }

    /// Whether there are more than [`MOST_PAIRS`].
    pub(crate) fn are_too_many(&self) -> bool {
        self.0.len() > MOST_PAIRS
    }

    /// The names of all parameters, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// All values of the parameter, in order.
    pub(crate) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }
}

/// One segment, percent-decoded once. Invalid UTF-8 becomes U+FFFD.
pub(crate) fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// A text has more than [`DEEPEST_ENCODING`] levels of percent-encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// A text percent-decoded until it does not change any more. The result is the same whether or not a gateway decoded
/// it.
///
/// # Errors
/// [`TooDeep`] after [`DEEPEST_ENCODING`] levels, so that the work is linear in the text.
pub(crate) fn decode_fully(text: &str) -> Result<String, TooDeep> {
    let mut text = text.to_owned();
    for _ in 0..=DEEPEST_ENCODING {
        match decode(&text) {
            Cow::Owned(decoded) if decoded != text => text = decoded,
            _ => return Ok(text),
        }
    }
    Err(TooDeep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_the_same_for_any_number_of_encodings() {
        for branch in ["feature/x", "feature%2Fx", "feature%252Fx", "feature%25252fx"] {
            assert_eq!(decode_fully(branch).as_deref(), Ok("feature/x"));
        }
        assert_eq!(decode_fully("100%").as_deref(), Ok("100%"));
        assert_eq!(decode_fully("%zz%2").as_deref(), Ok("%zz%2"));
    }

    #[test]
    fn eight_levels_of_encoding_are_decoded_and_nine_are_not() {
        let encoded = |levels: usize| format!("%{}2Fx", "25".repeat(levels - 1));
        assert_eq!(decode_fully(&encoded(DEEPEST_ENCODING)).as_deref(), Ok("/x"));
        assert_eq!(decode_fully(&encoded(DEEPEST_ENCODING + 1)), Err(TooDeep));
        assert_eq!(decode_fully(&encoded(2700)), Err(TooDeep));
    }

    #[test]
    fn a_query_with_too_many_parameters_is_not_read_to_its_end() {
        let query = |pairs: usize| format!("/?{}", "a&".repeat(pairs));
        assert!(!Request::get(&query(MOST_PAIRS)).pairs().are_too_many());
        let request = Request::get(&query(4000));
        assert!(request.pairs().are_too_many() && request.pairs().0.len() == MOST_PAIRS + 1);
    }

    #[test]
    fn one_trailing_slash_is_ignored() {
        let segments = |path: &str| Request::get(path).segments().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(segments("/a/b/"), ["a", "b"]);
        assert_eq!(segments("/a//b"), ["a", "", "b"]);
        assert_eq!(segments("/a/b//"), ["a", "b", ""]);
        assert!(segments("/").is_empty() && segments("").is_empty());
    }

    #[test]
    fn a_plus_is_a_space_in_a_query_and_a_plus_in_a_path() {
        let request = Request::get("/a+b?c=d+e&c=f");
        assert_eq!(decode(request.segments().next().unwrap()), "a+b");
        assert_eq!(request.pairs().get("c"), Some("d e"));
        assert_eq!(request.pairs().all("c").count(), 2);
    }
}
