//! The cache of finished responses: while a response is valid, requests for the same address are answered without
//! routing, drawing or hashing.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    answer::{Answer, Lasting, is_known},
    bounded::{Bounded, Weight},
    fetch::marks::Marks,
    request::{Asked, LARGEST_HEADERS, Request},
    response::{AccessLine, CORRELATION_ID, CacheState, Response},
};

/// The estimated bytes that each header takes in memory beside its value.
const HEADER_OVERHEAD: usize = 112;

/// The finished responses of one engine, by the path and the query of their requests.
///
/// No other part of a request is in the key: the method and the conditional headers are applied to each request
/// separately, and these responses depend on no other header.
#[derive(Debug)]
pub(crate) struct ResponseCache {
    responses: Bounded<CachedResponse>,
    /// The marks that make badges stale before they expire.
    marks: Arc<Marks>,
}

/// A response from the cache to one request. Its line in the access log is that of the cache, not a copy.
#[derive(Debug)]
pub struct CachedAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers. The correlation ID is there, and empty.
    pub headers: HeaderMap,
    /// The body; empty for HEAD.
    pub body: Bytes,
    cached: Arc<CachedResponse>,
}

/// The response to a GET without conditions.
#[derive(Debug)]
struct CachedResponse {
    headers: HeaderMap,
    body: Bytes,
    etag: HeaderValue,
    last_modified: Option<SystemTime>,
    /// Its line in the access log.
    line: AccessLine,
    lasting: Lasting,
}

impl ResponseCache {
    /// A cache of this size in bytes, whose badges these marks make stale.
    pub(crate) fn new(bytes: u64, marks: Arc<Marks>) -> Self {
        Self { responses: Bounded::new(bytes), marks }
    }

    /// The response to a request without a body, if it is cached and still valid.
    pub(crate) fn answer(&self, asked: Asked<'_>, now: SystemTime) -> Option<CachedAnswer> {
        if !is_plain(asked) {
            return None;
        }
        let cached = self.responses.get(&key(asked))?;
        cached.is_valid(now, &self.marks).then(|| CachedAnswer::new(cached, asked))
    }

    /// The response to a request, if it is cached and still valid.
    pub(crate) fn respond(&self, request: &Request, now: SystemTime) -> Option<Response> {
        let answer = self.answer(request.asked(), now).filter(|_| request.body.is_empty())?;
        let line = answer.line().clone();
        Some(answer.into_response(request, line))
    }

    /// The response to a request with this answer. It is cached if the answer may be reused.
    pub(crate) fn keep(&self, request: &Request, answer: Answer, line: AccessLine) -> Response {
        let asked = request.asked();
        if !answer.lasts() || !request.body.is_empty() || !is_plain(asked) {
            return answer.respond(request, line);
        }
        let cached = Arc::new(CachedResponse::new(answer, &line));
        self.responses.put(&key(asked), Arc::clone(&cached));
        let line = AccessLine { format: cached.line.format, ..line };
        CachedAnswer::new(cached, asked).into_response(request, line)
    }

    /// Removes all responses.
    pub(crate) fn clear(&self) {
        self.responses.clear();
    }

    /// The number of responses, and their size in bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        self.responses.size()
    }
}

impl CachedResponse {
    fn new(answer: Answer, line: &AccessLine) -> Self {
        let (last_modified, lasting) = (answer.last_modified, answer.lasting.clone());
        // The next requests get this response from the cache, so their log lines say neither `made` nor `stale`, and no
        // time spent on upstreams.
        let line = AccessLine { route: line.route.clone(), plugin: line.plugin.clone(), ..AccessLine::default() };
        let cache = matches!(lasting, Lasting::While(_)).then_some(CacheState::Kept);
        let Response { mut headers, body, line, .. } = answer.respond(&Request::get(""), AccessLine { cache, ..line });
        // The value is replaced for each request. With the header there already, that allocates no memory.
        headers.insert(CORRELATION_ID, HeaderValue::from_static(""));
        let etag = headers.get(header::ETAG).cloned().unwrap_or(HeaderValue::from_static(""));
        Self { headers, body, etag, last_modified, line, lasting }
    }

    fn is_valid(&self, now: SystemTime, marks: &Marks) -> bool {
        match &self.lasting {
            Lasting::Once => false,
            Lasting::Always => true,
            Lasting::While(outcome) => {
                outcome.valid_until.is_some_and(|until| now < until) && !marks.are_stale(&outcome.sources)
            }
        }
    }
}

impl CachedAnswer {
    fn new(cached: Arc<CachedResponse>, asked: Asked<'_>) -> Self {
        if is_known(asked, &cached.etag, cached.last_modified) {
            let mut headers = HeaderMap::with_capacity(6);
            let names = [
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                header::CACHE_CONTROL,
                header::ETAG,
                header::LAST_MODIFIED,
                CORRELATION_ID,
            ];
            for name in names {
                if let Some(value) = cached.headers.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            return Self { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new(), cached };
        }
        let body = if *asked.method == Method::HEAD { Bytes::new() } else { cached.body.clone() };
        Self { status: StatusCode::OK, headers: cached.headers.clone(), body, cached }
    }

    /// Its line in the access log.
    #[must_use]
    pub fn line(&self) -> &AccessLine {
        &self.cached.line
    }

    /// The same as a response to this request, with this line in the access log.
    fn into_response(self, request: &Request, line: AccessLine) -> Response {
        let Self { status, mut headers, body, .. } = self;
        let correlation_id = HeaderValue::from_str(&request.correlation_id);
        headers.insert(CORRELATION_ID, correlation_id.unwrap_or(HeaderValue::from_static("")));
        Response { status, headers, body, events: None, line }
    }
}

impl Weight for CachedResponse {
    fn weight(&self) -> usize {
        let headers = self.headers.values().map(|value| HEADER_OVERHEAD + value.len()).sum::<usize>();
        size_of::<Self>() + headers + self.body.len() + self.line.route.len() + self.line.plugin.len()
    }
}

/// Whether a request without a body may be answered from the cache, and its answer be cached: its method only reads,
/// and its headers are not too large.
fn is_plain(asked: Asked<'_>) -> bool {
    let headers = || asked.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    matches!(*asked.method, Method::GET | Method::HEAD) && headers() <= LARGEST_HEADERS
}

/// The path and the query as the client sent them, joined by a blank, which no path contains.
fn key(asked: Asked<'_>) -> Cow<'_, str> {
    let Asked { path, query, .. } = asked;
    if query.is_empty() { path.into() } else { format!("{path} {query}").into() }
}
