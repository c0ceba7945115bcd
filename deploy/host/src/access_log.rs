//! One line in the log for every answer, the same from a server and from a function, and the same told to the meter.

use std::time::Duration;

use badgesmith_engine::{
    Request, Response,
    world::{Event, Meter},
};
use http::HeaderMap;

/// The header in which AWS names the trace that a request belongs to.
const TRACE_ID: &str = "x-amzn-trace-id";
/// The longest trace id that is taken from a caller, in bytes.
const LONGEST: usize = 64;

/// Tells the log and the meter that a request was answered, and how long that took in all. `trace_id` is what X-Ray
/// calls the request, see [`trace_id`].
///
/// The fields, of which those are left out that say nothing: `method`, `path`, `status`, `route`, `plugin`, `outcome`
/// (`OK` or the error's code), `fault` (whose), `cache`, `format`, `milliseconds`, `upstream_milliseconds`,
/// `correlation_id`, `trace_id`.
pub fn note(meter: &dyn Meter, request: &Request, response: &Response, took: Duration, trace_id: Option<&str>) {
    let line = &response.line;
    tracing::info!(
        method = %request.method,
        path = request.path,
        status = response.status.as_u16(),
        route = shown(&line.route),
        plugin = shown(&line.plugin),
        outcome = shown(&line.code).unwrap_or("OK"),
        fault = shown(line.fault),
        cache = shown(line.cache),
        format = shown(line.format),
        milliseconds = milliseconds(took),
        upstream_milliseconds = (!line.upstream.is_zero()).then(|| milliseconds(line.upstream)),
        correlation_id = request.correlation_id,
        trace_id,
        "answered"
    );
    meter.note(&Event::Answered { response, took });
}

/// The trace a request belongs to, if a load balancer or a gateway of AWS named one in its header.
#[must_use]
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    root(headers.get(TRACE_ID)?.to_str().ok()?)
}

/// `Root` of what X-Ray says of a request, and of a caller's words only what can stand in a log.
///
/// ```
/// use badgesmith_host::access::root;
/// let tracing = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678";
/// assert_eq!(root(tracing), Some("1-67891233-abcdef012345678912345678"));
/// ```
#[must_use]
pub fn root(tracing: &str) -> Option<&str> {
    let root = tracing.split(';').find_map(|field| field.trim().strip_prefix("Root="))?;
    let is_plain = root.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_plain && (1..=LONGEST).contains(&root.len())).then_some(root)
}

/// Milliseconds with three digits behind the point.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// A field that is left out where it is empty.
fn shown(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_only_by_what_cannot_spoil_a_log() {
        let long = format!("Root={}", "1".repeat(65));
        let rows = [
            ("Root=1-5759e988-bd862e3fe1be46a994272793", Some("1-5759e988-bd862e3fe1be46a994272793")),
            ("Root=1-5759e988-b;Parent=53995c3f42cd8ad8;Sampled=1", Some("1-5759e988-b")),
            ("Self=1-2-3; Root=1-2-4", Some("1-2-4")),
            ("Parent=53995c3f42cd8ad8", None),
            ("Root=", None),
            ("Root=1 2", None),
            ("Root=1\"2", None),
            (&long, None),
        ];
        for (header, root) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(TRACE_ID, header.parse().unwrap());
            assert_eq!(trace_id(&headers), root, "{header}");
        }
        assert_eq!(trace_id(&HeaderMap::new()), None);
    }
}
