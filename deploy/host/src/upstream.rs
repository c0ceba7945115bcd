//! Asks upstreams over HTTP: one exchange a call, redirects within the origin, a body no larger than it may be.

use std::{error::Error, io, mem, time::Duration};

use badgesmith_engine::{
    Places, Share,
    world::{Ask, Fault, Reply, Upstream},
};
use futures_util::future::BoxFuture;
use http::{HeaderValue, StatusCode, header};
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};
use url::Url;

use crate::{bodies::Bodies, client::Connections, logs::SPANS, visits::turn};

/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// How much room the first piece of a body gets, in bytes, if no smaller body was announced.
const FIRST_ROOM: usize = 64 * 1024;

/// How many exchanges are under way at once, and how many of them with one origin. Each has a connection over HTTP/1.1,
/// and callers may ask for any number of badges that nobody asked for before.
const EXCHANGES: usize = 256;
const EXCHANGES_OF_ORIGIN: usize = 128;
/// How many wait for their turn, and how many of those for one origin. One badge may take 64 of them.
const WAITING: u64 = 4096;
const WAITING_OF_ORIGIN: u64 = 3072;
/// How long an exchange waits for its turn.
const TURN_PATIENCE: Duration = Duration::from_secs(2);
/// How much memory the bodies that are arriving may take, all together, in bytes.
const BODIES: usize = 32 * 1024 * 1024;

/// Upstreams over HTTP/1.1 and HTTP/2, with one pool of connections. To be used within one tokio runtime.
///
/// No proxy is asked for this machine, nor for plain http, which goes nowhere else.
///
/// A request is sent once. Only where the upstream or a kept connection says that it never looked at it (HTTP/2's
/// GOAWAY and REFUSED_STREAM, a connection closed while it was idle) it goes out again within the same patience.
///
/// So many exchanges are under way at once and a bounded number waits; what is beyond that is answered with
/// [`Fault::Busy`].
#[derive(Debug)]
pub struct HttpUpstream {
    connections: Connections,
    exchanges: Places,
    bodies: Bodies,
}

impl Default for HttpUpstream {
    fn default() -> Self {
        Self::over(Connections::new())
    }
}

impl HttpUpstream {
    /// Upstreams, nobody asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Upstreams that share their connections with others.
    #[must_use]
    pub fn over(connections: Connections) -> Self {
        Self { connections, exchanges: Places::new(EXCHANGES, WAITING), bodies: Bodies::new(BODIES) }
    }

    /// One exchange within its patience, as soon as it is its turn.
    async fn in_turn(&self, ask: &Ask) -> Result<Reply, Fault> {
        let now = Instant::now();
        let until = now + ask.patience;
        let share = Share { name: origin(&ask.url), places: EXCHANGES_OF_ORIGIN, waiting: WAITING_OF_ORIGIN };
        let _place = turn(&self.exchanges, &[share], until.min(now + TURN_PATIENCE)).await?;
        timeout_at(until, self.exchange(ask)).await.unwrap_or(Err(Fault::Timeout))
    }

    async fn exchange(&self, ask: &Ask) -> Result<Reply, Fault> {
        let client = self.connections.client().map_err(Fault::Unreachable)?;
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let response = request(client, url.clone(), ask)?.send().await.map_err(fault)?;
            match leads_to(&url, &response)? {
                Some(next) => url = next,
                None => {
                    let mut room = self.bodies.room();
                    return read(response, ask.largest_body, |bytes| room.grow(bytes)).await;
                }
            }
        }
        Err(Fault::Nonsense(format!("it redirects more than {REDIRECTS} times")))
    }
}

impl Upstream for HttpUpstream {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        // The address's path and query may hold what is nobody's business.
        let span = tracing::info_span!(
            target: SPANS,
            "upstream",
            otel.kind = "client",
            otel.name = "GET",
            http.request.method = "GET",
            server.address = ask.url.host_str(),
            server.port = ask.url.port_or_known_default().map(i64::from),
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
        );
        let exchange = async move {
            let outcome = self.in_turn(&ask).await;
            match &outcome {
                Ok(reply) => Span::current().record("http.response.status_code", i64::from(reply.status)),
                Err(fault) => Span::current().record("error.type", word(fault)),
            };
            outcome
        };
        Box::pin(exchange.instrument(span))
    }
}

/// A fault in a word.
const fn word(fault: &Fault) -> &'static str {
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

/// Who says nothing takes anything: a provider knows its upstream, and what is kept is kept under the same words.
pub(crate) fn request(client: &Client, url: Url, ask: &Ask) -> Result<RequestBuilder, Fault> {
    let mut request = client.get(url).header(header::ACCEPT, ask.accept.as_deref().unwrap_or("*/*"));
    if let Some(authorization) = &ask.authorization {
        let value = HeaderValue::from_str(authorization.reveal());
        let mut value = value.map_err(|_| Fault::Nonsense("the secret cannot be sent in a header".to_owned()))?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    if let Some(etag) = &ask.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(time) = &ask.last_modified {
        request = request.header(header::IF_MODIFIED_SINCE, time);
    }
    Ok(request)
}

/// Where an answer redirects to, if it does. Only the origin was granted, so only there.
fn leads_to(from: &Url, response: &Response) -> Result<Option<Url>, Fault> {
    let Some(next) = location(from, response) else { return Ok(None) };
    let words = match next {
        None => "to what is no address".to_owned(),
        Some(next) if next.origin() != from.origin() => format!("to {}, another origin", origin(&next)),
        Some(next) if !next.username().is_empty() || next.password().is_some() => {
            "with a user or a password".to_owned()
        }
        Some(next) => return Ok(Some(next)),
    };
    Err(Fault::Nonsense(format!("it redirects {words}")))
}

/// Where an answer redirects to, if it does and that is an address.
pub(crate) fn location(from: &Url, response: &Response) -> Option<Option<Url>> {
    let location = response.headers().get(header::LOCATION).filter(|_| is_redirect(response.status()))?;
    Some(str::from_utf8(location.as_bytes()).ok().and_then(|location| from.join(location).ok()))
}

/// An origin as it can be shown; the rest of an address may hold a secret.
fn origin(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) }
}

/// 300 offers a choice and 304 leads nowhere.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The whole answer, if it is no larger than it may be once it is decoded. `grow` is asked whether there is memory for so
/// many bytes of it.
pub(crate) async fn read(
    mut response: Response,
    largest: usize,
    mut grow: impl FnMut(usize) -> Result<(), Fault>,
) -> Result<Reply, Fault> {
    let status = response.status().as_u16();
    let headers = mem::take(response.headers_mut());
    if status == 304 {
        // Its headers speak of the body that was not sent.
        return Ok(Reply { status, headers, ..Reply::default() });
    }
    // What reqwest decoded has lost its header.
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
            // Twice as much as before, so that bytes are seldom moved, but no more than was announced.
            let most = if announced > 0 { announced } else { largest };
            let room = needed.max(most.min(FIRST_ROOM.max(2 * body.capacity())));
            grow(room)?;
            body.reserve_exact(room - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    // It may be kept for long, so without the room it did not need.
    Ok(Reply { status, headers, body: body.into_boxed_slice().into() })
}

/// Whether the connection broke or what came over it makes no sense. The address stays out of the words: its query may
/// hold a secret.
pub(crate) fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let words = words(&error);
    // reqwest calls whatever happens to a body an error of decoding; hyper knows whether the connection was it.
    let broken = causes(&error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let is_nonsense = match broken {
        Some(broken) => broken.is_parse() || is_framing(broken),
        None => error.is_decode() || error.is_builder(),
    };
    if is_nonsense { Fault::Nonsense(words) } else { Fault::Unreachable(words) }
}

/// Whether a body's chunks are written wrongly.
fn is_framing(error: &hyper::Error) -> bool {
    let kinds = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().any(|kind| matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

/// What happened, from the outside to the cause. Errors that may hold an address say nothing, and nobody says what was
/// said already.
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
            let next = leads_to(&from, &response.into()).map(|next| next.map(String::from));
            let expected = expected.map(|next| next.map(str::to_owned));
            assert_eq!(next, expected.map_err(|words: &str| Fault::Nonsense(words.to_owned())), "{location}");
        }
    }
}
