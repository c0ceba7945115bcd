//! One HTTP request becomes the engine's, and its response goes back over the wire.

use std::{
    convert::Infallible,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::{CORRELATION_ID, Engine, LARGEST_BODY, Request, Response, refuse_body, refuse_broken};
use badgesmith_host::correlation;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Uri,
    body::{Body, Incoming},
    header::HeaderValue,
};

/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Answers one request and writes its line in the log.
pub(crate) async fn answer(
    engine: Arc<Engine>,
    from: SocketAddr,
    wire: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let started = Instant::now();
    let (parts, body) = wire.into_parts();
    let mut request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: query(&parts.uri),
        source: from.ip().to_string(),
        correlation_id: correlation_id(&parts.headers),
        headers: parts.headers,
        body: Bytes::new(),
    };
    let response = match read(body).await {
        Some(body) => {
            request.body = body;
            // A panic of ours is our fault, not the end of the caller's connection.
            let answering = AssertUnwindSafe(engine.respond(&request, SystemTime::now())).catch_unwind();
            answering.await.unwrap_or_else(|_| refuse_broken(&request))
        }
        None => refuse_body(&request),
    };
    log(&request, &response, started.elapsed());
    Ok(send(response, &request.correlation_id))
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

/// The caller's correlation id if it is well-formed, otherwise a new one.
fn correlation_id(headers: &HeaderMap) -> String {
    let given = headers.get(CORRELATION_ID).and_then(|value| value.to_str().ok());
    given.and_then(correlation::accept).unwrap_or_else(correlation::fresh)
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

fn log(request: &Request, response: &Response, took: Duration) {
    tracing::info!(
        method = %request.method,
        path = request.path,
        status = response.status.as_u16(),
        milliseconds = (took.as_secs_f64() * 1e6).round() / 1e3,
        route = shown(&response.line.route),
        plugin = shown(&response.line.plugin),
        code = shown(&response.line.code),
        fault = shown(response.line.fault),
        cache = shown(response.line.cache),
        correlation_id = request.correlation_id,
        "answered"
    );
}

/// A field that is left out where it is empty.
fn shown(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
