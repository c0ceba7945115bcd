//! Requests to upstreams over HTTP: redirects stay within the origin, and bodies are bounded.

use std::{error::Error, io, mem, time::Duration};

use badgesmith_engine::{
    Permits, Share,
    world::{Ask, Credential, CredentialPlace, Fault, Reply, Upstream},
};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};
use url::Url;

use crate::{body_memory::BodyMemory, client::Connections, concurrency_limits::acquire, logs::SPANS};

/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// The first size of the buffer for a body, in bytes, unless `Content-Length` is smaller.
const FIRST_BUFFER: usize = 64 * 1024;

/// How many exchanges are in progress at once, and how many of them with one origin. Over HTTP/1.1 each takes a
/// connection, and callers may request any number of badges that are not cached.
const EXCHANGES: usize = 256;
const EXCHANGES_PER_ORIGIN: usize = 128;
/// How many exchanges may wait for a permit, in all and for one origin. One badge may take 64 places of the queue.
const QUEUE: u64 = 4096;
const QUEUE_PER_ORIGIN: u64 = 3072;
/// How long an exchange waits for a permit.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);
/// The memory for all bodies that are being received, in bytes.
const BODY_MEMORY: usize = 32 * 1024 * 1024;

/// Requests to upstreams over HTTP/1.1 and HTTP/2 with one connection pool. To be used within one tokio runtime.
///
/// Requests to this machine use no proxy, and neither does plain HTTP, which is for this machine and the
/// operator's own network.
///
/// A request is sent once. It is sent again, within the same time limit, only if it was certainly not processed: after
/// HTTP/2's GOAWAY or REFUSED_STREAM, or if an idle connection turned out to be closed.
///
/// The number of concurrent exchanges and the queue are bounded; when the queue is full, an exchange fails with
/// [`Fault::Busy`].
#[derive(Debug)]
pub struct HttpUpstream {
    connections: Connections,
    exchanges: Permits,
    bodies: BodyMemory,
}

impl Default for HttpUpstream {
    fn default() -> Self {
        Self::over(Connections::new())
    }
}

impl HttpUpstream {
    /// A client with a connection pool of its own, which is created at first use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A client that shares a connection pool.
    #[must_use]
    pub fn over(connections: Connections) -> Self {
        Self { connections, exchanges: Permits::new(EXCHANGES, QUEUE), bodies: BodyMemory::new(BODY_MEMORY) }
    }

    /// Waits for a permit and performs the exchange, all within the time limit.
    async fn limited(&self, ask: &Ask) -> Result<Reply, Fault> {
        let now = Instant::now();
        let until = now + ask.patience;
        let share = Share { name: origin(&ask.url), permits: EXCHANGES_PER_ORIGIN, waiting: QUEUE_PER_ORIGIN };
        let _permit = acquire(&self.exchanges, &[share], until.min(now + PERMIT_TIMEOUT)).await?;
        timeout_at(until, self.exchange(ask)).await.unwrap_or(Err(Fault::Timeout))
    }

    async fn exchange(&self, ask: &Ask) -> Result<Reply, Fault> {
        let client = self.connections.client().map_err(|error| Fault::Unreachable(error.to_string()))?;
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let response = request(client, url.clone(), ask)?.send().await.map_err(fault)?;
            match redirect_within_origin(&url, &response, method(ask))? {
                Some(next) => url = next,
                None => {
                    let mut memory = self.bodies.reservation();
                    return read(response, ask.largest_body, |bytes| memory.grow(bytes)).await;
                }
            }
        }
        Err(Fault::Nonsense(format!("it redirects more than {REDIRECTS} times")))
    }
}

impl Upstream for HttpUpstream {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        // The span has no path and no query, which may hold secrets.
        let span = tracing::info_span!(
            target: SPANS,
            "upstream",
            otel.kind = "client",
            otel.name = method(&ask).as_str(),
            http.request.method = method(&ask).as_str(),
            server.address = ask.url.host_str(),
            server.port = ask.url.port_or_known_default().map(i64::from),
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
        );
        let exchange = async move {
            let outcome = self.limited(&ask).await;
            match &outcome {
                Ok(reply) => Span::current().record("http.response.status_code", i64::from(reply.status)),
                Err(fault) => Span::current().record("error.type", error_type(fault)),
            };
            outcome
        };
        Box::pin(exchange.instrument(span))
    }
}

/// The value of `error.type` in a span.
const fn error_type(fault: &Fault) -> &'static str {
    match fault {
        Fault::Unreachable(_) => "unreachable",
        Fault::Timeout => "timeout",
        Fault::TooLarge => "too_large",
        Fault::Nonsense(_) => "nonsense",
        Fault::Status(_) => "failed",
        Fault::RateLimited(_) => "rate_limited",
        Fault::NotAllowed(_) => "not_allowed",
        Fault::Busy => "busy",
    }
}

/// The method of an ask.
fn method(ask: &Ask) -> Method {
    if ask.body.is_some() { Method::POST } else { Method::GET }
}

/// The request for an ask at this URL. Without `accept` it accepts everything.
pub(crate) fn request(client: &Client, url: Url, ask: &Ask) -> Result<RequestBuilder, Fault> {
    let mut request = client.request(method(ask), with_secret(url, ask.credential.as_ref()));
    request = request.headers(ask.headers.clone()).header(header::ACCEPT, ask.accept.as_deref().unwrap_or("*/*"));
    if let Some(Credential { place: CredentialPlace::Header(name), value, .. }) = &ask.credential {
        let value = HeaderValue::from_str(value.reveal());
        let mut value = value.map_err(|_| Fault::Nonsense("the secret cannot be sent in a header".to_owned()))?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    if let Some(etag) = &ask.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(time) = &ask.last_modified {
        request = request.header(header::IF_MODIFIED_SINCE, time);
    }
    Ok(match &ask.body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.clone()),
        None => request,
    })
}

/// The URL with the secret, if that is sent in the query. A redirect may repeat it already.
fn with_secret(mut url: Url, credential: Option<&Credential>) -> Url {
    if let Some(Credential { place: CredentialPlace::Query(name), value, .. }) = credential
        && !url.query_pairs().any(|(other, _)| other == *name)
    {
        url.query_pairs_mut().append_pair(name, value.reveal());
    }
    url
}

/// The URL that a response redirects to. A redirect to another origin is an error, since the plugin was granted only
/// this one. A redirect that would turn a POST into a GET is an error too.
fn redirect_within_origin(from: &Url, response: &Response, method: Method) -> Result<Option<Url>, Fault> {
    let Some(next) = location(from, response) else { return Ok(None) };
    let status = response.status();
    let is_repeated = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let words = match next {
        None => "to what is no address".to_owned(),
        Some(next) if next.origin() != from.origin() => format!("to {}, another origin", origin(&next)),
        Some(next) if !next.username().is_empty() || next.password().is_some() => {
            "with a user or a password".to_owned()
        }
        Some(_) if method != Method::GET && !is_repeated => {
            format!("a {method} with {}; only 307 and 308 repeat it", status.as_u16())
        }
        Some(next) => return Ok(Some(next)),
    };
    Err(Fault::Nonsense(format!("it redirects {words}")))
}

/// The URL that a response redirects to: `None` if it is not a redirect, `Some(None)` if its `Location` is not a URL.
pub(crate) fn location(from: &Url, response: &Response) -> Option<Option<Url>> {
    let location = response.headers().get(header::LOCATION).filter(|_| is_redirect(response.status()))?;
    Some(str::from_utf8(location.as_bytes()).ok().and_then(|location| from.join(location).ok()))
}

/// The origin of a URL, for messages. The rest of the URL may contain a secret.
fn origin(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) }
}

/// Whether a status redirects. 300 offers a choice, and 304 is no redirect.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Reads the whole response, of at most `largest` bytes after decoding. `grow` reserves memory for that many bytes.
pub(crate) async fn read(
    mut response: Response,
    largest: usize,
    mut grow: impl FnMut(usize) -> Result<(), Fault>,
) -> Result<Reply, Fault> {
    let status = response.status().as_u16();
    let headers = mem::take(response.headers_mut());
    if status == 304 {
        // This response has no body; its `Content-Length` and `Content-Encoding` describe a body that is not sent.
        return Ok(Reply { status, headers, ..Reply::default() });
    }
    // reqwest removes the header of an encoding that it decoded.
    if let Some(coding) = headers.get(header::CONTENT_ENCODING).filter(|coding| *coding != "identity") {
        return Err(Fault::Nonsense(format!("the body is encoded as {coding:?}, which nobody asked for")));
    }
    let announced = response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced > largest {
        return Err(Fault::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if chunk.len() > largest - body.len() {
            return Err(Fault::TooLarge);
        }
        let needed = body.len() + chunk.len();
        if needed > body.capacity() {
            // The buffer doubles, so that bytes are seldom copied, up to the announced length.
            let most = if announced > 0 { announced } else { largest };
            let size = needed.max(most.min(FIRST_BUFFER.max(2 * body.capacity())));
            grow(size)?;
            body.reserve_exact(size - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    // The body may stay in a cache for long, so its spare capacity is released.
    Ok(Reply { status, headers, body: body.into_boxed_slice().into() })
}

/// Distinguishes a broken connection from an invalid response. The message leaves out the URL, because its query may
/// contain a secret.
pub(crate) fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let words = words(&error);
    // reqwest reports every error in a body as one of decoding. hyper's error tells whether the connection broke.
    let broken = causes(&error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let is_nonsense = match broken {
        Some(broken) => broken.is_parse() || is_framing(broken),
        None => error.is_decode() || error.is_builder(),
    };
    if is_nonsense { Fault::Nonsense(words) } else { Fault::Unreachable(words) }
}

/// Whether the framing of a chunked body is invalid.
fn is_framing(error: &hyper::Error) -> bool {
    let kinds = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().any(|kind| matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

/// The message of an error and its causes. reqwest's own causes may hold the URL and are left out, and so are
/// repetitions.
fn words(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    for cause in causes(error).filter(|cause| !cause.is::<reqwest::Error>()) {
        let cause = cause.to_string();
        if !words.ends_with(&cause) {
            words += ": ";
            words += &cause;
        }
    }
    words
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_followed_within_the_origin_only() {
        let from = Url::parse("https://api.example/a/b?c").unwrap();
        let rows = [
            ("https://api.example:443/d", Ok(Some("https://api.example/d"))),
            ("//API.example/d", Ok(Some("https://api.example/d"))),
            ("../d", Ok(Some("https://api.example/d"))),
            ("?d", Ok(Some("https://api.example/a/b?d"))),
            ("https://api.example:8443/", Err("it redirects to https://api.example:8443, another origin")),
            ("https://user:pa55@evil.example/x?key", Err("it redirects to https://evil.example, another origin")),
            ("http://api.example/", Err("it redirects to http://api.example, another origin")),
            ("https://user:pa55@api.example/", Err("it redirects with a user or a password")),
            ("https://user@api.example/", Err("it redirects with a user or a password")),
            ("file:///etc/passwd", Err("it redirects to file:, another origin")),
            ("https://", Err("it redirects to what is no address")),
        ];
        for (location, expected) in rows {
            let response = http::Response::builder().status(307).header("location", location).body("").unwrap();
            let next = redirect_within_origin(&from, &response.into(), Method::GET).map(|next| next.map(String::from));
            let expected = expected.map(|next| next.map(str::to_owned));
            assert_eq!(next, expected.map_err(|words: &str| Fault::Nonsense(words.to_owned())), "{location}");
        }
    }
}
