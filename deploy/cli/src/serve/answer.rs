//! One HTTP request becomes the engine's, and its response goes back over the wire.

use std::{
    convert::Infallible,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::{
    CORRELATION_ID, Engine, LARGEST_BODY, Line, Request, Response, refuse_body, refuse_broken, world::Meter,
};
use badgesmith_host::{
    access, correlation,
    metrics::prometheus::{MEDIA_TYPE, Prometheus},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, StatusCode, Uri,
    body::{Body, Incoming},
    header::{self, HeaderValue},
};
use tracing::Instrument;

use super::{activity::Activity, span};

/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// Where the metrics are, if they are anywhere.
const METRICS: &str = "/metrics";

/// What answers the requests of every connection.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engine: Arc<Engine>,
    /// Who is told of every answer.
    pub(crate) meter: Arc<dyn Meter>,
    /// What `/metrics` shows; without it the address leads nowhere.
    pub(crate) counts: Option<Arc<Prometheus>>,
}

/// Answers one request and writes its line in the log.
pub(crate) async fn answer(
    server: Server,
    from: SocketAddr,
    activity: Arc<Activity>,
    wire: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let started = Instant::now();
    let (parts, body) = wire.into_parts();
    if activity.asked(!body.is_end_stream(), started) {
        // Whoever sends many requests at once has one answered before everybody else's turn, not all.
        tokio::task::yield_now().await;
    }
    let mut request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: query(&parts.uri),
        source: from.ip().to_string(),
        correlation_id: correlation::of(&parts.headers),
        headers: parts.headers,
        body: Bytes::new(),
    };
    let span = span::open(&request);
    let response = async {
        let body = read(body).await;
        activity.answering(Instant::now());
        match body {
            Some(body) => {
                request.body = body;
                // A panic of ours is our fault, not the end of the caller's connection.
                let answering = AssertUnwindSafe(show(&server, &request)).catch_unwind();
                answering.await.unwrap_or_else(|_| refuse_broken(&request))
            }
            None => refuse_body(&request),
        }
    };
    let response = response.instrument(span.clone()).await;
    span::close(&span, &request, &response);
    access::note(&*server.meter, &request, &response, started.elapsed(), access::trace_id(&request.headers));
    // What others hold, too, such as a picture that is kept, costs nothing more.
    let holds = if response.body.is_unique() { response.body.len() } else { 0 };
    activity.answered(holds, Instant::now());
    Ok(send(response, &request.correlation_id))
}

/// The metrics where they are shown; everything else is the engine's.
async fn show(server: &Server, request: &Request) -> Response {
    let now = SystemTime::now();
    match &server.counts {
        Some(counts) if request.path == METRICS && matches!(request.method, Method::GET | Method::HEAD) => {
            metrics(counts.text(&server.engine, now), request)
        }
        _ => server.engine.respond(request, now).await,
    }
}

/// Not for other sites' scripts, so without CORS.
fn metrics(text: String, request: &Request) -> Response {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, text.len().into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let body = if request.method == Method::HEAD { Bytes::new() } else { text.into() };
    Response { status: StatusCode::OK, headers, body, line: Line { route: METRICS.into(), ..Line::default() } }
}

/// The whole body, or nothing if it is too large or does not arrive.
async fn read(body: Incoming) -> Option<Bytes> {
    if body.is_end_stream() {
        return Some(Bytes::new());
    }
    let whole = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, LARGEST_BODY).collect());
    Some(whole.await.ok()?.ok()?.to_bytes())
}

fn query(uri: &Uri) -> String {
    uri.query().unwrap_or_default().to_owned()
}

fn send(response: Response, correlation_id: &str) -> hyper::Response<Full<Bytes>> {
    let mut wire = hyper::Response::new(Full::new(response.body));
    *wire.status_mut() = response.status;
    *wire.headers_mut() = response.headers;
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        wire.headers_mut().insert(CORRELATION_ID, value);
    }
    wire
}
