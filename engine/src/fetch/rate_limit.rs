//! Reads the rate limits from the headers of a reply.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use crate::world::Reply;

/// How long a limit holds if the upstream names no time, in seconds.
pub(crate) const DEFAULT_HOLD: u32 = 60;
/// A reset at or above this is a time in seconds since 1970; one below is a number of seconds from now.
const EARLIEST_TIME: u64 = 1_000_000_000;

/// The rate limit in the headers of a reply, with GitHub's names or those of the IETF draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit<'a> {
    /// How many more requests may be sent.
    pub(crate) remaining: Option<u64>,
    /// After how many seconds the limit is reset; at least one.
    pub(crate) reset: Option<u32>,
    /// The seconds of `Retry-After`.
    pub(crate) retry_after: Option<u32>,
    /// The name of the limit, if the upstream has several; empty if it has only one.
    pub(crate) resource: &'a str,
}

impl<'a> RateLimit<'a> {
    /// Reads the headers of a reply that arrived now.
    pub(crate) fn read(headers: &'a HeaderMap, now: SystemTime) -> Self {
        let either = |name: &str, other: &str| text(headers, name).or_else(|| text(headers, other));
        let reset = either("x-ratelimit-reset", "ratelimit-reset");
        Self {
            remaining: either("x-ratelimit-remaining", "ratelimit-remaining").and_then(|text| text.parse().ok()),
            reset: reset.and_then(|text| seconds_to(text.parse().ok()?, now)),
            retry_after: retry_after(headers, now),
            resource: text(headers, "x-ratelimit-resource").unwrap_or_default(),
        }
    }

    /// Whether no requests remain.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.remaining == Some(0)
    }

    /// For how many seconds no request may be sent, if none remain.
    pub(crate) fn exhausted_seconds(&self) -> Option<u32> {
        self.is_exhausted().then(|| self.reset.or(self.retry_after).unwrap_or(DEFAULT_HOLD))
    }

    /// For how many seconds no request may be sent, if the upstream refused this one because of its rate limit: with
    /// 429, or with 403 and headers that say so.
    pub(crate) fn refused_seconds(&self, reply: &Reply) -> Option<u32> {
        match reply.status {
            403 => self.exhausted_seconds().or(self.retry_after),
            429 => self.exhausted_seconds().or(self.retry_after).or(Some(DEFAULT_HOLD)),
            _ => None,
        }
    }
}

/// The seconds until a reset, which is a time or a number of seconds.
fn seconds_to(reset: u64, now: SystemTime) -> Option<u32> {
    let clock = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = if reset < EARLIEST_TIME { reset } else { reset.saturating_sub(clock) };
    Some(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` in seconds, from a number or a date, saturated to `u32`.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let text = text(headers, header::RETRY_AFTER.as_str())?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u32::MAX));
    }
    let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).ok()?;
    Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
}

/// The time this many seconds after `now`.
pub(crate) fn after(now: SystemTime, seconds: u32) -> SystemTime {
    now + Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn limits_are_read_by_githubs_names_and_by_those_of_the_draft() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let told = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            });
            let headers: HeaderMap = headers.collect();
            let limit = RateLimit::read(&headers, now);
            (limit.remaining, limit.reset, limit.retry_after, limit.resource.to_owned())
        };
        let github = [("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1800000090")];
        assert_eq!(told(&github), (Some(7), Some(90), None, String::new()));
        let resource = [("x-ratelimit-remaining", " 0 "), ("x-ratelimit-resource", "search")];
        assert_eq!(told(&resource), (Some(0), None, None, "search".to_owned()));
        let draft = [("ratelimit-remaining", "0"), ("ratelimit-reset", "30"), ("retry-after", "31")];
        assert_eq!(told(&draft), (Some(0), Some(30), Some(31), String::new()));
        let past = [("ratelimit-remaining", "many"), ("x-ratelimit-reset", "1799999999")];
        assert_eq!(told(&past), (None, Some(1), None, String::new()));
    }
}
