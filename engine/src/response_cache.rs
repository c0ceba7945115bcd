//! The cache of finished responses: a request for an address whose answer is still the same is answered without routing,
//! drawing or hashing.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    answer::{Answer, Lasting, is_known},
    bounded::{Bounded, Weight},
    fetch::marks::Marks,
    request::{LARGEST_HEADERS, Request},
    response::{AccessLine, CORRELATION_ID, CacheState, Response},
};

/// The estimated bytes that each header takes in memory beside its value.
const HEADER_OVERHEAD: usize = 112;

/// The finished responses of one engine, by the path and the query of their requests.
///
/// Nothing else of a request determines one of these responses: the method and the conditions are applied to each request
/// anew, and no other header is read.
#[derive(Debug)]
pub(crate) struct ResponseCache {
    responses: Bounded<CachedResponse>,
    /// What makes badges stale before their time.
    marks: Arc<Marks>,
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
    /// A cache of this size, whose badges these marks make stale.
    pub(crate) fn new(bytes: u64, marks: Arc<Marks>) -> Self {
        Self { responses: Bounded::new(bytes), marks }
    }

    /// The response to a request, if it is cached and still the same.
    pub(crate) fn respond(&self, request: &Request, now: SystemTime) -> Option<Response> {
        if !is_plain(request) {
            return None;
        }
        let cached = self.responses.get(&key(request))?;
        cached.is_valid(now, &self.marks).then(|| cached.respond(request, cached.line.clone()))
    }

    /// The response to a request with this answer, which is cached if it lasts.
    pub(crate) fn keep(&self, request: &Request, answer: Answer, line: AccessLine) -> Response {
        if !answer.lasts() || !is_plain(request) {
            return answer.respond(request, line);
        }
        let cached = Arc::new(CachedResponse::new(answer, &line));
        let response = cached.respond(request, AccessLine { format: cached.line.format, ..line });
        self.responses.put(&key(request), cached);
        response
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
        // What was made or stale this time is from the cache the next time, and waits for no upstream.
        let line = AccessLine { route: line.route.clone(), plugin: line.plugin.clone(), ..AccessLine::default() };
        let cache = matches!(lasting, Lasting::While(_)).then_some(CacheState::Kept);
        let Response { mut headers, body, line, .. } = answer.respond(&Request::get(""), AccessLine { cache, ..line });
        // Its value is replaced for each request, for which no memory has to be added then.
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

    fn respond(&self, request: &Request, line: AccessLine) -> Response {
        let correlation_id = || HeaderValue::from_str(&request.correlation_id).unwrap_or(HeaderValue::from_static(""));
        if is_known(request, &self.etag, self.last_modified) {
            let mut headers = HeaderMap::with_capacity(6);
            let names =
                [header::ACCESS_CONTROL_ALLOW_ORIGIN, header::CACHE_CONTROL, header::ETAG, header::LAST_MODIFIED];
            for name in names {
                if let Some(value) = self.headers.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            headers.insert(CORRELATION_ID, correlation_id());
            return Response { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new(), events: None, line };
        }
        let mut headers = self.headers.clone();
        headers.insert(CORRELATION_ID, correlation_id());
        let body = if request.method == Method::HEAD { Bytes::new() } else { self.body.clone() };
        Response { status: StatusCode::OK, headers, body, events: None, line }
    }
}

impl Weight for CachedResponse {
    fn weight(&self) -> usize {
        let headers = self.headers.values().map(|value| HEADER_OVERHEAD + value.len()).sum::<usize>();
        size_of::<Self>() + headers + self.body.len() + self.line.route.len() + self.line.plugin.len()
    }
}

/// Whether a request may be answered from the cache, and its answer be cached: it has a method that only reads, no body,
/// and no more headers than are allowed.
fn is_plain(request: &Request) -> bool {
    let headers = || request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    matches!(request.method, Method::GET | Method::HEAD) && request.body.is_empty() && headers() <= LARGEST_HEADERS
}

/// The path and the query as they are written. A path has no blank.
fn key(request: &Request) -> Cow<'_, str> {
    let Request { path, query, .. } = request;
    if query.is_empty() { path.into() } else { format!("{path} {query}").into() }
}
