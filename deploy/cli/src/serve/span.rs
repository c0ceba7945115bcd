//! A request's span, for whoever listens to spans. Where nobody does, it costs nothing.

use badgesmith_engine::{Request, Response};
use badgesmith_host::logs::SPANS;
use tracing::{Span, field};

/// The span that a request's upstream calls are parts of. The names are OpenTelemetry's; a query may hold what is
/// nobody's business, so it stays out.
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

/// Says what the request came to.
pub(crate) fn close(span: &Span, request: &Request, response: &Response) {
    if span.is_disabled() {
        return;
    }
    let line = &response.line;
    span.record("http.request.method", request.method.as_str());
    span.record("http.response.status_code", i64::from(response.status.as_u16()));
    span.record("badgesmith.outcome", if line.code.is_empty() { "OK" } else { &*line.code });
    let texts = [("http.route", &*line.route), ("badgesmith.plugin", &line.plugin), ("badgesmith.cache", line.cache)];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        span.record(field, text);
    }
    if response.status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    #[cfg(feature = "otlp")]
    crate::otlp::rename(span, format!("{} {}", request.method, line.route).trim_end().to_owned());
}
