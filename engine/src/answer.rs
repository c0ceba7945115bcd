//! A handler's answer, and the response that it becomes: caching headers, ETag, conditional requests and HEAD.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{self, HeaderName},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    badge_content::BadgeContent,
    caching::Caching,
    call::outcome::Outcome,
    error::Error,
    event_stream::EventStream,
    format::Format,
    request::{Asked, Request},
    response::{AccessLine, Response},
};

/// The answer of a handler.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The format of a badge; `None` if it is not a badge.
    pub(crate) format: Option<Format>,
    pub(crate) media_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) caching: Caching,
    pub(crate) last_modified: Option<SystemTime>,
    /// The body's ETag, if it was computed before.
    pub(crate) etag: Option<HeaderValue>,
    /// Additional headers, which replace default ones of the same name.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The stream of events that follows the body and does not end.
    pub(crate) events: Option<EventStream>,
    /// For how long this answer may be reused for the same address.
    #[cfg_attr(not(feature = "response-cache"), allow(dead_code, reason = "only the cache of responses asks"))]
    pub(crate) lasting: Lasting,
}

/// For how long an answer may be reused for every request for the same address, whatever the request's headers are.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "response-cache"), allow(dead_code, reason = "only the cache of responses asks"))]
pub(crate) enum Lasting {
    /// For one request.
    #[default]
    Once,
    /// As long as the engine lives.
    Always,
    /// As long as the badge that it shows is valid.
    While(Arc<Outcome<BadgeContent>>),
}

impl Answer {
    /// A badge in this format.
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
            etag: None,
            headers: Vec::new(),
            events: None,
            lasting: Lasting::Once,
        }
    }

    /// A page for a browser.
    pub(crate) fn page(body: impl Into<Bytes>, caching: Caching) -> Self {
        Self { media_type: "text/html;charset=utf-8", ..Self::json(200, body, caching) }
    }

    /// A text.
    pub(crate) fn text(body: impl Into<Bytes>, caching: Caching) -> Self {
        Self { media_type: "text/plain;charset=utf-8", ..Self::json(200, body, caching) }
    }

    /// 302 to `location`, which its body repeats.
    pub(crate) fn redirect(location: HeaderValue, caching: Caching) -> Self {
        let body = [location.as_bytes(), b"\n"].concat();
        let headers = vec![(header::LOCATION, location)];
        Self { status: 302, headers, ..Self::text(body, caching) }
    }

    /// An error as JSON, in the schema that all errors have.
    pub(crate) fn error(error: &Error, request: &Request) -> Self {
        #[derive(Serialize)]
        struct ErrorBody<'a> {
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
        let error_details = match &error.properties[..] {
            [] => vec![detail(None)],
            properties => properties.iter().map(|name| detail(Some(&**name))).collect(),
        };
        let body = ErrorBody { message: &error.message(), error_details, correlation_id: &request.correlation_id };
        // Strings always have a JSON form.
        let body = serde_json::to_string(&body).unwrap_or_default();
        let is_post = request.method == Method::POST;
        let caching = if is_post { Caching::NoStore } else { error.caching() };
        let retry_after = error.retry_after.map(|seconds| (header::RETRY_AFTER, seconds.into()));
        let allow = error.allow.map(|methods| (header::ALLOW, HeaderValue::from_static(methods)));
        Self { headers: retry_after.into_iter().chain(allow).collect(), ..Self::json(error.status, body, caching) }
    }

    /// The same answer, which may be reused for this long if it is cached as `caching` says. If it is cached for a
    /// shorter time, something is missing from it, and it is not reused.
    pub(crate) fn lasting(self, lasting: Lasting, caching: Caching) -> Self {
        if self.caching == caching { Self { lasting, ..self } } else { self }
    }

    /// Whether it may answer another request.
    #[cfg(feature = "response-cache")]
    pub(crate) fn lasts(&self) -> bool {
        let has_time = match &self.lasting {
            Lasting::Once => false,
            Lasting::Always => true,
            Lasting::While(outcome) => outcome.valid_until.is_some() && outcome.stale_seconds.is_none(),
        };
        has_time && self.status == 200 && self.caching != Caching::NoStore && self.events.is_none()
    }

    /// The response to this request: 304 if the client has the body already, and without a body for HEAD.
    pub(crate) fn respond(self, request: &Request, line: AccessLine) -> Response {
        let line = AccessLine { format: self.format, ..line };
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::CACHE_CONTROL, self.caching.header());
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::OK && self.caching != Caching::NoStore {
            let etag = self.etag.unwrap_or_else(|| etag(&self.body));
            let is_known = is_known(request.asked(), &etag, self.last_modified);
            headers.insert(header::ETAG, etag);
            if let Some(date) = self.last_modified.and_then(http_date) {
                headers.insert(header::LAST_MODIFIED, value(&date));
            }
            if is_known {
                return Response { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new(), events: None, line };
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if self.events.is_none() {
            headers.insert(header::CONTENT_LENGTH, self.body.len().into());
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // An SVG that is opened by itself is a document. The policy allows it its own images and styles only.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
        );
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        let (body, events) =
            if request.method == Method::HEAD { (Bytes::new(), None) } else { (self.body, self.events) };
        Response { status, headers, body, events, line }
    }
}

/// `"` + upper-case hex SHA-256 of the body + `"`.
pub(crate) fn etag(body: &[u8]) -> HeaderValue {
    value(&format!("\"{}\"", hex::encode_upper(Sha256::digest(body))))
}

/// Whether the request's conditions say that the client has this body (RFC 9110, section 13).
pub(crate) fn is_known(asked: Asked<'_>, etag: &HeaderValue, last_modified: Option<SystemTime>) -> bool {
    if asked.headers.contains_key(header::IF_NONE_MATCH) {
        let lists = asked.headers.get_all(header::IF_NONE_MATCH);
        let mut tags =
            lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(',')).map(str::trim);
        return tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes());
    }
    let Some(modified) = last_modified else { return false };
    let since = httpdate::parse_http_date(asked.header(header::IF_MODIFIED_SINCE));
    since.is_ok_and(|since| modified <= since)
}

/// The time as an HTTP date, if it is in the years 1970 to 9999.
pub(crate) fn http_date(time: SystemTime) -> Option<String> {
    const END: Duration = Duration::from_secs(253_402_300_800);
    let is_writable = time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < END);
    is_writable.then(|| httpdate::fmt_http_date(time))
}

/// A header value; empty if the text is not valid in a header.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
