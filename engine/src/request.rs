//! A request as data, and the only percent-decoding.

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

/// The most pairs of a query; more are 400. Every override looks through all of them.
pub(crate) const MOST_PAIRS: usize = 256;
/// The most levels of percent-encoding that are decoded; more are 400. Each gateway on the way adds or takes one.
pub(crate) const DEEPEST_ENCODING: usize = 8;

/// What a caller asks, as it came over the wire.
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
    /// The body, at most [`LARGEST_BODY`] bytes.
    pub body: Bytes,
    /// Where it came from, for the log: an address, or nothing.
    pub source: String,
    /// What ties an answer to its lines in the log; errors show it.
    pub correlation_id: String,
}

impl Request {
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

    /// The path's segments, still encoded; one slash at the end is tolerated.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        segments(&self.path)
    }

    /// The query's pairs, decoded as a form's, and one more than there may be at the most.
    pub(crate) fn pairs(&self) -> Pairs<'_> {
        Pairs(form_urlencoded::parse(self.query.as_bytes()).take(MOST_PAIRS + 1).collect())
    }

    /// The header's text; empty if it is missing or no text.
    pub(crate) fn header(&self, name: http::header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A request as it is answered: with its query read, the form that was asked for, and the time.
pub(crate) struct Incoming<'a> {
    pub(crate) request: &'a Request,
    pub(crate) pairs: Pairs<'a>,
    pub(crate) format: Format,
    pub(crate) now: SystemTime,
}

/// A path's segments; one slash at the end is tolerated.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// The pairs of a query.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Pairs<'_> {
    /// The first value of that name.
    pub(crate) fn get<'s>(&'s self, name: &'s str) -> Option<&'s str> {
        self.all(name).next()
    }

    /// Whether there are more than are read.
    pub(crate) fn are_too_many(&self) -> bool {
        self.0.len() > MOST_PAIRS
    }

    /// All values of that name, in their order.
    pub(crate) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }
}

/// One segment, decoded once. Bytes that are no UTF-8 become U+FFFD.
pub(crate) fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// A text is percent-encoded in more levels than are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// A text decoded until nothing is left to decode, so that it is the same on both sides of a gateway that decodes.
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
    fn a_branch_is_the_same_however_often_it_was_encoded() {
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
    fn no_more_pairs_are_read_than_there_may_be() {
        let query = |pairs: usize| format!("/?{}", "a&".repeat(pairs));
        assert!(!Request::get(&query(MOST_PAIRS)).pairs().are_too_many());
        let request = Request::get(&query(4000));
        assert!(request.pairs().are_too_many() && request.pairs().0.len() == MOST_PAIRS + 1);
    }

    #[test]
    fn one_slash_at_the_end_is_tolerated() {
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
