//! The tracing span of a request. Without a subscriber for spans it costs nothing.

use badgesmith_engine::{CacheState, Request, Response};
use badgesmith_host::logs::SPANS;
use tracing::{Span, field};

/// Whether anything receives the spans of requests.
pub(crate) fn are_recorded() -> bool {
    tracing::enabled!(target: SPANS, tracing::Level::INFO)
}

/// Opens the span of a request; the spans of its upstream calls are its children. The field names are OpenTelemetry's
/// semantic conventions. The query string is left out because it may contain private values.
pub(crate) fn open(request: &Request) -> Span {
    let span = tracing::info_span!(
        target: SPANS,
        "request",
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = field::Empty,
        url.path = request.path,
        http.route = field::Empty,
        http.response.status_code = field::Empty,
        badgesmith.plugin = field::Empty,
        badgesmith.outcome = field::Empty,
        badgesmith.cache = field::Empty,
        badgesmith.correlation_id = request.correlation_id,
    );
    #[cfg(feature = "otlp")]
    crate::otlp::join(&span, &request.headers);
    span
}

/// Records the response in the span.
pub(crate) fn close(span: &Span, request: &Request, response: &Response) {
    if span.is_disabled() {
        return;
    }
    let line = &response.line;
    span.record("http.request.method", request.method.as_str());
    span.record("http.response.status_code", i64::from(response.status.as_u16()));
    span.record("badgesmith.outcome", if line.code.is_empty() { "OK" } else { &*line.code });
    let cache = line.cache.map_or("", CacheState::name);
    let texts = [("http.route", &*line.route), ("badgesmith.plugin", &line.plugin), ("badgesmith.cache", cache)];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        span.record(field, text);
    }
    if response.status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    #[cfg(feature = "otlp")]
    crate::otlp::rename(span, format!("{} {}", request.method, line.route).trim_end().to_owned());
}
