//! The access log: one line for every response, the same in the server and in the Lambda function.

use std::time::Duration;

use badgesmith_engine::{
    AccessLine, Asked, CacheState, Format, Source,
    world::{Event, Meter},
};
use http::{HeaderMap, HeaderName, StatusCode};

/// The header in which AWS names the trace that a request belongs to.
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// The longest trace ID that is accepted from a caller, in bytes.
const LONGEST_TRACE_ID: usize = 64;

/// Logs the response to a request with this correlation ID, and reports it to the meter. `took` is the whole duration
/// of the request; `trace_id` its X-Ray trace ID, see [`trace_id`].
///
/// The fields, without those that are empty: `method`, `path`, `status`, `route`, `plugin`, `outcome`
/// (`OK` or the error's code), `fault` (whose), `cache`, `format`, `milliseconds`, `upstream_milliseconds`,
/// `correlation_id`, `trace_id`.
pub fn record(
    meter: &dyn Meter,
    asked: Asked<'_>,
    correlation_id: &str,
    (status, line): (StatusCode, &AccessLine),
    took: Duration,
    trace_id: Option<&str>,
) {
    tracing::info!(
        method = %asked.method,
        path = asked.path,
        status = status.as_u16(),
        route = nonempty(&line.route),
        plugin = nonempty(&line.plugin),
        outcome = nonempty(&line.code).unwrap_or("OK"),
        fault = line.fault.map(Source::name),
        cache = line.cache.map(CacheState::name),
        format = line.format.map(Format::name),
        milliseconds = milliseconds(took),
        upstream_milliseconds = (!line.upstream.is_zero()).then(|| milliseconds(line.upstream)),
        correlation_id,
        trace_id,
        "answered"
    );
    meter.note(&Event::Answered { status, line, took });
}

/// The X-Ray trace ID of a request, if an AWS load balancer or gateway named one in the header `x-amzn-trace-id`.
#[must_use]
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    root_trace_id(headers.get(&TRACE_ID)?.to_str().ok()?)
}

/// The field `Root` of an X-Ray tracing header, if it is safe to log.
///
/// ```
/// use badgesmith_host::access_log::root_trace_id;
/// let tracing = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678";
/// assert_eq!(root_trace_id(tracing), Some("1-67891233-abcdef012345678912345678"));
/// ```
#[must_use]
pub fn root_trace_id(tracing: &str) -> Option<&str> {
    let root = tracing.split(';').find_map(|field| field.trim().strip_prefix("Root="))?;
    let is_plain = root.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_plain && (1..=LONGEST_TRACE_ID).contains(&root.len())).then_some(root)
}

/// Milliseconds with three decimal places.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// A field's text; `None` leaves an empty field out.
fn nonempty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_is_accepted_only_if_it_is_safe_to_log() {
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
