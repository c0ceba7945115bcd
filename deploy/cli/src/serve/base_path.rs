//! `--base`: the path below which a proxy shows the server.

use std::{fmt, str::FromStr};

use badgesmith_engine::{AccessLine, Code, Request, Response, Source};
use bytes::Bytes;
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{self, HeaderName, HeaderValue},
};

/// A path such as `/badges`, without a slash at its end; empty if the server is at the root of its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BasePath(String);

/// A text that is no path of plain segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidBase;

/// The relation of a request's path to the base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// Below the base path: contains the rest of the path, as it would be without a base path.
    Below(&'a str),
    /// The base path itself without the slash at its end. The slash is needed for relative links of pages.
    Start,
    /// Anywhere else.
    Outside,
}

impl FromStr for BasePath {
    type Err = InvalidBase;

    fn from_str(text: &str) -> Result<Self, InvalidBase> {
        let Some(path) = text.strip_suffix('/').or(Some(text)).filter(|path| !path.is_empty()) else {
            return Ok(Self::default());
        };
        let is_plain = |segment: &str| {
            let mut bytes = segment.bytes();
            !["", ".", ".."].contains(&segment)
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        let segments = path.strip_prefix('/').ok_or(InvalidBase)?;
        if segments.split('/').all(is_plain) { Ok(Self(path.to_owned())) } else { Err(InvalidBase) }
    }
}

impl fmt::Display for InvalidBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write a path such as /badges: segments of letters, digits and -._~")
    }
}

impl std::error::Error for InvalidBase {}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BasePath {
    /// The path as text, without a slash at its end; empty for the root.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The relation of a path to the base path.
    pub(crate) fn place<'a>(&self, path: &'a str) -> Place<'a> {
        match path.strip_prefix(&*self.0) {
            Some("") if !self.0.is_empty() => Place::Start,
            Some(rest) if self.0.is_empty() || rest.starts_with('/') => Place::Below(rest),
            _ => Place::Outside,
        }
    }

    /// The redirect from the base path to the same path with a slash.
    pub(crate) fn redirect(&self, request: &Request) -> Response {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let target = HeaderValue::from_str(&format!("{}/{query}", self.0));
        // This cannot fail: the path is plain, and a query has no control characters.
        let target = target.unwrap_or(HeaderValue::from_static("./"));
        let words = format!("the page is at {}/\n", self.0);
        text(request, StatusCode::PERMANENT_REDIRECT, words, Some((header::LOCATION, target)), AccessLine::default())
    }

    /// The answer to a request outside of the base path.
    pub(crate) fn refuse(&self, request: &Request) -> Response {
        let words = format!("every address of this server begins with {}/\n", self.0);
        let code = Code::RouteNotFound.name().into();
        let line = AccessLine { code, fault: Some(Source::Caller), ..AccessLine::default() };
        text(request, StatusCode::NOT_FOUND, words, None, line)
    }
}

fn text(
    request: &Request,
    status: StatusCode,
    words: String,
    more: Option<(HeaderName, HeaderValue)>,
    line: AccessLine,
) -> Response {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, words.len().into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.extend(more);
    let body = if request.method == Method::HEAD { Bytes::new() } else { words.into() };
    Response { status, headers, body, events: None, line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_base_only_if_all_of_the_base_precedes_it() {
        let base: BasePath = "/team/badges/".parse().unwrap();
        let rows = [
            ("/team/badges/", Place::Below("/")),
            ("/team/badges/badge/a-b-c?x", Place::Below("/badge/a-b-c?x")),
            ("/team/badges", Place::Start),
            ("/team/badgesmith", Place::Outside),
            ("/team", Place::Outside),
            ("/", Place::Outside),
            ("/health", Place::Outside),
            ("*", Place::Outside),
        ];
        for (path, place) in rows {
            assert_eq!(base.place(path), place, "{path}");
        }
        for root in ["", "/"] {
            let root: BasePath = root.parse().unwrap();
            assert_eq!((root.place("/x"), root.place("")), (Place::Below("/x"), Place::Below("")));
        }
    }

    #[test]
    fn a_base_that_is_no_path_of_plain_segments_is_refused() {
        for text in ["badges", "//", "/a//b", "/..", "/a/./b", "/a b", "/%61", "/a?b", "https://a.example/b"] {
            assert_eq!(text.parse::<BasePath>(), Err(InvalidBase), "{text}");
        }
    }
}
