//! The last step: format, status, caching, conditions, CORS.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{self, HeaderName},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{error::Error, request::Request};

/// What a caller gets.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers, `Content-Length` included.
    pub headers: HeaderMap,
    /// The body; empty for HEAD.
    pub body: Bytes,
    /// What a line in the log says of it.
    pub line: Line,
}

/// What the log says of a response, beside what the request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The route's template; empty where no route fits.
    pub route: Cow<'static, str>,
    /// The plugin that answered.
    pub plugin: String,
    /// The error's code, also where the picture's status is 200.
    pub code: Cow<'static, str>,
    /// Whose fault that is: `caller`, `upstream`, `provider` or `engine`.
    pub fault: &'static str,
    /// Where the badge came from: `kept`, `made` or `stale`; empty for what no provider made.
    pub cache: &'static str,
    /// The form in which a badge was drawn: `svg`, `png` or `json`; empty where none was.
    pub format: &'static str,
    /// How long upstreams kept it waiting.
    pub upstream: Duration,
}

/// In which form a badge goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Svg,
    Png,
}

impl Format {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Svg => "image/svg+xml;charset=utf-8",
            Self::Png => "image/png",
        }
    }
}

/// How long caches may keep an answer, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// Not at all.
    NoStore,
    /// So long.
    Fresh(u32),
    /// So long, and longer while a new one is fetched, and a day longer if that fails.
    Revalidate(u32, u32),
    /// So long, and longer while a new one is fetched.
    RevalidateOnly(u32, u32),
}

impl Caching {
    fn header(self) -> HeaderValue {
        let text = match self {
            Self::NoStore => "no-store".to_owned(),
            Self::Fresh(seconds) => format!("public, max-age={seconds}, s-maxage={seconds}"),
            Self::Revalidate(fresh, longer) => format!(
                "public, max-age={fresh}, s-maxage={fresh}, stale-while-revalidate={longer}, stale-if-error=86400"
            ),
            Self::RevalidateOnly(fresh, longer) => {
                format!("public, max-age={fresh}, s-maxage={fresh}, stale-while-revalidate={longer}")
            }
        };
        value(&text)
    }

    /// At least so long; a caller may lengthen and never shorten.
    pub(crate) fn at_least(self, seconds: Option<u32>) -> Self {
        let seconds = seconds.unwrap_or(0);
        match self {
            Self::NoStore => Self::NoStore,
            Self::Fresh(fresh) => Self::Fresh(fresh.max(seconds)),
            Self::Revalidate(fresh, longer) => Self::Revalidate(fresh.max(seconds), longer),
            Self::RevalidateOnly(fresh, longer) => Self::RevalidateOnly(fresh.max(seconds), longer),
        }
    }
}

/// A body on its way out.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) status: u16,
    /// What was drawn, if it is a badge.
    pub(crate) format: Option<Format>,
    pub(crate) media_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) caching: Caching,
    pub(crate) last_modified: Option<SystemTime>,
    pub(crate) retry_after: Option<u32>,
    /// The body's tag where it was worked out already.
    pub(crate) etag: Option<HeaderValue>,
}

impl Draft {
    /// A picture or its JSON.
    pub(crate) fn badge(format: Format, body: impl Into<Bytes>, caching: Caching) -> Self {
        Self { format: Some(format), media_type: format.media_type(), ..Self::json(200, body, caching) }
    }

    pub(crate) fn json(status: u16, body: impl Into<Bytes>, caching: Caching) -> Self {
        Self {
            status,
            format: None,
            media_type: Format::Json.media_type(),
            body: body.into(),
            caching,
            last_modified: None,
            retry_after: None,
            etag: None,
        }
    }

    /// A page for a browser.
    pub(crate) fn page(body: impl Into<Bytes>, caching: Caching) -> Self {
        Self { media_type: "text/html;charset=utf-8", ..Self::json(200, body, caching) }
    }

    pub(crate) fn text(body: String) -> Self {
        Self { media_type: "text/plain;charset=utf-8", ..Self::json(200, body, Caching::Fresh(300)) }
    }

    /// An error in the one shape that all have.
    pub(crate) fn error(error: &Error, request: &Request, caching: Caching) -> Self {
        #[derive(Serialize)]
        struct Shape<'a> {
            message: &'a str,
            error_details: Vec<Detail<'a>>,
            correlation_id: &'a str,
        }
        #[derive(Serialize)]
        struct Detail<'a> {
            error_code: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            property_name: Option<&'a str>,
        }
        let detail = |property_name| Detail { error_code: &error.code, property_name };
        let error_details = if error.properties.is_empty() {
            vec![detail(error.property.as_deref())]
        } else {
            error.properties.iter().map(|property| detail(Some(property))).collect()
        };
        let shape = Shape { message: &error.words, error_details, correlation_id: &request.correlation_id };
        // Strings always have a JSON form.
        let body = serde_json::to_string(&shape).unwrap_or_default();
        Self { retry_after: error.retry_after, ..Self::json(error.status, body, caching) }
    }

    /// The response to this request: 304 if it knows the body already, without a body for HEAD.
    pub(crate) fn respond(self, request: &Request) -> Response {
        let line = Line { format: self.format.map_or("", Format::name), ..Line::default() };
        let mut headers = HeaderMap::with_capacity(12);
        open(&mut headers);
        headers.insert(header::CACHE_CONTROL, self.caching.header());
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        let mut status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::OK && self.caching != Caching::NoStore {
            let etag = self.etag.unwrap_or_else(|| etag(&self.body));
            let is_known = is_known(request, &etag, self.last_modified);
            headers.insert(header::ETAG, etag);
            if let Some(date) = self.last_modified.and_then(http_date) {
                headers.insert(header::LAST_MODIFIED, value(&date));
            }
            if is_known {
                status = StatusCode::NOT_MODIFIED;
                return Response { status, headers, body: Bytes::new(), line };
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::CONTENT_LENGTH, self.body.len().into());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // An SVG opened by itself is a document: it may show its own picture and do nothing else.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
        );
        let body = if request.method == Method::HEAD { Bytes::new() } else { self.body };
        Response { status, headers, body, line }
    }
}

/// 204 to a preflight: the methods of the path, and of the headers asked for those we read.
pub(crate) fn preflight(request: &Request, methods: &'static str) -> Response {
    const READ: [&str; 4] = ["content-type", "x-signature", "x-timestamp", "x-nonce"];
    let mut headers = HeaderMap::with_capacity(6);
    open(&mut headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    let wanted = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS).to_ascii_lowercase();
    let allowed: Vec<_> = wanted.split(',').map(str::trim).filter(|name| READ.contains(name)).collect();
    if !allowed.is_empty() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, value(&allowed.join(", ")));
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    let vary = HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers");
    headers.insert(header::VARY, vary);
    Response { status: StatusCode::NO_CONTENT, headers, body: Bytes::new(), line: Line::default() }
}

fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// `"` + upper-case hex SHA-256 of the body + `"`.
pub(crate) fn etag(body: &[u8]) -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut etag = String::with_capacity(66);
    etag.push('"');
    for byte in Sha256::digest(body) {
        etag.push(char::from(HEX[usize::from(byte >> 4)]));
        etag.push(char::from(HEX[usize::from(byte & 15)]));
    }
    etag.push('"');
    value(&etag)
}

/// Whether the caller's conditions say that it has this body (RFC 9110, section 13).
fn is_known(request: &Request, etag: &HeaderValue, last_modified: Option<SystemTime>) -> bool {
    if request.headers.contains_key(header::IF_NONE_MATCH) {
        let lists = request.headers.get_all(header::IF_NONE_MATCH);
        let mut tags =
            lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(',')).map(str::trim);
        return tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes());
    }
    let since = httpdate::parse_http_date(request.header(header::IF_MODIFIED_SINCE)).ok();
    match (since, last_modified) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// The time as HTTP writes it. Outside the years 1970 to 9999, which a clock may be although nothing happens there, it
/// has no way to write it.
pub(crate) fn http_date(time: SystemTime) -> Option<String> {
    const END: Duration = Duration::from_secs(253_402_300_800);
    let is_writable = time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < END);
    is_writable.then(|| httpdate::fmt_http_date(time))
}

/// A header's value of text that is ours; what cannot stand in a header is left empty.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// The header that ties an answer to its lines in the log.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
