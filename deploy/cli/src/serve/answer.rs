//! Answers one HTTP request: converts it to the engine's request, and the engine's response to HTTP.

use std::{
    convert::Infallible,
    error::Error,
    mem,
    net::IpAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use badgesmith_engine::{
    AccessLine, Asked, CORRELATION_ID, Engine, EventStream, LimitedParty, Refusal, Request, Response, largest_body,
    world::{Event, Meter},
};
use badgesmith_host::{
    access_log as access, correlation_id as correlation,
    metrics::prometheus::{MEDIA_TYPE, Prometheus},
};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http_body_util::{BodyExt, Either, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Method, StatusCode,
    body::{Body, Frame},
    header::{self, HeaderValue},
    http::request::Parts,
};
use tracing::Instrument;

use super::{
    activity::Activity,
    base_path::Place,
    current_engine::CurrentEngine,
    listeners::{ListenerPlace, Listeners},
    network::Network,
    peer::Peer,
    poll_time,
    rate_limits::ClientRate,
    span,
};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// The path of the metrics, if they are served.
const METRICS_PATH: &str = "/metrics";

/// One connection, whose requests are answered.
pub(crate) struct Connection {
    pub(crate) server: Server,
    /// Who connected.
    pub(crate) from: Peer,
    pub(crate) activity: Arc<Activity>,
}

/// Answers the requests of every connection.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engines: Arc<CurrentEngine>,
    /// Counts every answer.
    pub(crate) meter: Arc<dyn Meter>,
    /// The metrics that `/metrics` shows; `None` if that path is not served.
    pub(crate) metrics: Option<Arc<Prometheus>>,
    /// The limits on listeners to events.
    pub(crate) listeners: Arc<Listeners>,
    /// The trusted proxies and the base path.
    pub(crate) network: Arc<Network>,
    /// The rate of requests for each client; `None` without `--rate`.
    pub(crate) rate: Option<Arc<ClientRate>>,
}

/// The body of an answer: complete, or a stream of events.
pub(crate) type AnswerBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>;

/// Answers one request and writes its line in the access log.
pub(crate) async fn answer<B>(
    connection: Arc<Connection>,
    wire: hyper::Request<B>,
) -> Result<hyper::Response<AnswerBody>, Infallible>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let started = poll_time::now();
    let (head, body) = wire.into_parts();
    if connection.activity.begin_request(!body.is_end_stream(), started) {
        // A client that pipelines many requests must not keep other connections waiting, so the task yields after each
        // answer.
        tokio::task::yield_now().await;
    }
    let arrived = Arrived::new(&connection, head, started);
    if body.is_end_stream()
        && let Some(response) = arrived.answer_from_cache(&connection)
    {
        return Ok(response);
    }
    // Boxed, because this future has several kilobytes, which would be moved with every request.
    Ok(Box::pin(make(&connection, arrived, body)).await)
}

/// A request whose head has arrived.
struct Arrived {
    head: Parts,
    started: Instant,
    /// Its client; `None` if that is unknown.
    client: Option<IpAddr>,
    /// After how many seconds the client may send one more request, if it exceeded its rate.
    retry_after: Option<u32>,
    /// The ID that the response and its log line share.
    correlation_id: HeaderValue,
}

impl Arrived {
    /// Reads the head of a request, and counts the request for the rate of its client.
    fn new(connection: &Connection, head: Parts, started: Instant) -> Self {
        let Connection { server: Server { network, rate, .. }, from, .. } = connection;
        let client = network.trusted.client(*from, &head.headers);
        let path = path_below(network.base.place(head.uri.path()), &head);
        let retry_after = rate.as_ref().and_then(|rate| rate.admit(network, client, path, started).err());
        let correlation_id = correlation::header_from_headers(&head.headers);
        Self { head, started, client, retry_after, correlation_id }
    }

    /// The response from the cache, if it is cached. With spans the cache is not used here, so that every response gets
    /// a span of its own.
    fn answer_from_cache(&self, connection: &Connection) -> Option<hyper::Response<AnswerBody>> {
        let Connection { server, activity, .. } = connection;
        let Place::Below(path) = server.network.base.place(self.head.uri.path()) else { return None };
        if self.retry_after.is_some() || span::are_recorded() {
            return None;
        }
        let Parts { method, uri, headers, .. } = &self.head;
        let asked = Asked { method, path, query: uri.query().unwrap_or_default(), headers };
        let answer = server.engines.with(|engine| engine.cached(asked, poll_time::date()))?;
        server.log(asked, self, answer.status, answer.line());
        // The body is shared with the cache, so it takes no memory of its own.
        activity.begin_answer(0, poll_time::now());
        let body = AnswerBody::Left(Full::new(answer.body));
        Some(to_http(answer.status, answer.headers, body, self.correlation_id.clone()))
    }

    fn correlation_id(&self) -> &str {
        self.correlation_id.to_str().unwrap_or_default()
    }
}

impl Server {
    /// Writes the line of a response in the access log, and counts it.
    fn log(&self, asked: Asked<'_>, arrived: &Arrived, status: StatusCode, line: &AccessLine) {
        let trace_id = access::trace_id(asked.headers);
        let took = arrived.started.elapsed();
        access::record(&*self.meter, asked, arrived.correlation_id(), (status, line), took, trace_id);
    }
}

/// The path below the base path; the whole path of a request outside of it.
fn path_below<'a>(place: Place<'a>, head: &'a Parts) -> &'a str {
    if let Place::Below(path) = place { path } else { head.uri.path() }
}

/// Answers a request whose response is not in the cache.
async fn make<B>(connection: &Connection, mut arrived: Arrived, body: B) -> hyper::Response<AnswerBody>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Connection { server, activity, .. } = connection;
    let client = arrived.client;
    let headers = mem::take(&mut arrived.head.headers);
    let place = server.network.base.place(arrived.head.uri.path());
    let mut request = Request {
        method: arrived.head.method.clone(),
        path: path_below(place, &arrived.head).to_owned(),
        query: arrived.head.uri.query().unwrap_or_default().to_owned(),
        source: client.map(|address| address.to_string()).unwrap_or_default(),
        correlation_id: arrived.correlation_id().to_owned(),
        headers,
        body: Bytes::new(),
    };
    let span = span::open(&request);
    let response = async {
        if let Some(retry_after) = arrived.retry_after {
            activity.body_done(Instant::now());
            server.meter.note(&Event::RateLimited { limit: LimitedParty::Client });
            return Engine::refuse(&request, Refusal::RateLimited { retry_after });
        }
        let body = if body.is_end_stream() {
            Some(Bytes::new())
        } else {
            let body = read_body(body, largest_body(&request.path)).await;
            activity.body_done(Instant::now());
            body
        };
        match body {
            Some(body) => {
                request.body = body;
                // A panic in the engine is answered with an error instead of ending the connection.
                let answering = AssertUnwindSafe(respond(server, place, &request)).catch_unwind();
                answering.await.unwrap_or_else(|_| Engine::refuse(&request, Refusal::Failed))
            }
            None => Engine::refuse(&request, Refusal::BodyTooLarge),
        }
    };
    let mut response = response.instrument(span.clone()).await;
    let mut listener = None;
    if let Some(events) = response.events.take() {
        match server.listeners.admit(server.network.counted_client(client)) {
            Some(place) => listener = Some((events, place)),
            None => response = Engine::refuse(&request, Refusal::TooManyListeners),
        }
    }
    span::close(&span, &request, &response);
    server.log(request.asked(), &arrived, response.status, &response.line);
    if let Some((events, place)) = listener {
        activity.begin_listening(Instant::now());
        let body = event_body(events, place, Arc::clone(activity));
        return to_http(response.status, response.headers, AnswerBody::Right(body), arrived.correlation_id);
    }
    // A body that is shared, such as a cached picture, takes no memory of its own.
    let held = if response.body.is_unique() { response.body.len() } else { 0 };
    activity.begin_answer(held, poll_time::now());
    let body = AnswerBody::Left(Full::new(response.body));
    to_http(response.status, response.headers, body, arrived.correlation_id)
}

/// A body that streams events until the server stops or ends the stream. The connection counts as a listener as long as
/// the body exists.
fn event_body(events: EventStream, place: ListenerPlace, activity: Arc<Activity>) -> UnsyncBoxBody<Bytes, Infallible> {
    let told = stream::unfold((events, place), move |(mut events, mut place)| {
        let activity = Arc::clone(&activity);
        async move {
            let text = tokio::select! {
                biased;
                () = place.ended() => return None,
                text = events.next() => text,
            };
            activity.tell(text.len(), Instant::now());
            Some((Ok(Frame::data(text)), (events, place)))
        }
    });
    StreamBody::new(told).boxed_unsync()
}

/// Answers requests outside of the base path, and `/metrics` if it is served, and passes every other request to the
/// engine.
async fn respond(server: &Server, place: Place<'_>, request: &Request) -> Response {
    match place {
        Place::Below(_) => {}
        Place::Start => return server.network.base.redirect(request),
        Place::Outside => return server.network.base.refuse(request),
    }
    let now = poll_time::date();
    match &server.metrics {
        Some(metrics) if request.path == METRICS_PATH && matches!(request.method, Method::GET | Method::HEAD) => {
            metrics_response(metrics.text(&server.engines.get(), now), request)
        }
        _ => server.engines.get().respond_cached(request, now).await,
    }
}

/// The metrics as text. Without CORS headers, so that scripts of other sites cannot read them.
fn metrics_response(text: String, request: &Request) -> Response {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, text.len().into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let body = if request.method == Method::HEAD { Bytes::new() } else { text.into() };
    Response {
        status: StatusCode::OK,
        headers,
        body,
        events: None,
        line: AccessLine { route: METRICS_PATH.into(), ..AccessLine::default() },
    }
}

/// The whole body; `None` if it is too large or does not arrive in time.
async fn read_body<B>(body: B, most: usize) -> Option<Bytes>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let whole = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, most).collect());
    Some(whole.await.ok()?.ok()?.to_bytes())
}

/// A response with this correlation ID.
fn to_http(
    status: StatusCode,
    mut headers: HeaderMap,
    body: AnswerBody,
    correlation_id: HeaderValue,
) -> hyper::Response<AnswerBody> {
    // The headers of cached responses have spare capacity for it.
    headers.insert(CORRELATION_ID, correlation_id);
    let mut wire = hyper::Response::new(body);
    *wire.status_mut() = status;
    *wire.headers_mut() = headers;
    wire
}

#[cfg(test)]
mod tests;
