//! Recognises the answers by which GitHub refuses a request because of a rate limit.
//!
//! The engine reads limits from headers itself: it passes on no 429, and no 403 with `x-ratelimit-remaining: 0` or a
//! `Retry-After` that it can read. The engine cannot recognize a secondary limit that only the message in a 403's body
//! mentions. The headers are read here as well, because transcripts replay answers without an engine.

use std::time::UNIX_EPOCH;

use badgesmith_provider::{Answer, Failure};

/// The seconds to wait if the answer does not state them, as GitHub advises.
pub(crate) const DEFAULT_WAIT: u32 = 60;

/// `UPSTREAM_RATE_LIMITED` with the seconds to wait, if GitHub refused the request because of a rate limit; `now` is in
/// seconds since 1970, UTC.
///
/// GitHub uses 403 as well as 429: its hourly limit has `x-ratelimit-remaining: 0`; a secondary limit has
/// `Retry-After`, or only a message in the body. Any other 403 is about permissions.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
pub(crate) fn refusal(answer: &Answer<'_>, now: u64) -> Option<Failure> {
    let is_limit = match answer.status {
        429 => true,
        403 => answer.header("retry-after").is_some() || is_exhausted(answer) || names_a_limit(answer.body),
        _ => false,
    };
    is_limit.then(|| limited(seconds_to_wait(answer, now)))
}

/// The failure for a rate limit that lasts this many seconds.
pub(crate) fn limited(seconds: u32) -> Failure {
    Failure { retry_after: Some(seconds), ..Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited") }
}

/// The seconds until the time in `Retry-After`, or until the reset of an exhausted limit. A time that has passed is
/// ignored, because GitHub still refuses.
fn seconds_to_wait(answer: &Answer<'_>, now: u64) -> u32 {
    let retry_after = answer.header("retry-after").and_then(|text| seconds_after(text.trim(), now));
    let reset = answer.header("x-ratelimit-reset").filter(|_| is_exhausted(answer));
    let until_reset = reset.and_then(|text| text.trim().parse::<u64>().ok()?.checked_sub(now));
    let told = [retry_after, until_reset].into_iter().flatten().find(|seconds| *seconds > 0);
    told.map_or(DEFAULT_WAIT, |seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// The seconds that a `Retry-After` header has, as a number or as an HTTP date.
fn seconds_after(text: &str, now: u64) -> Option<u64> {
    let date = || httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok();
    text.parse().ok().or_else(|| date()?.as_secs().checked_sub(now))
}

fn is_exhausted(answer: &Answer<'_>) -> bool {
    answer.header("x-ratelimit-remaining").is_some_and(|text| text.trim() == "0")
}

fn names_a_limit(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body).to_ascii_lowercase();
    ["rate limit", "abuse"].iter().any(|words| body.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thu, 06 Feb 2020 18:33:37 GMT.
    const NOW: u64 = 1_581_014_017;

    #[track_caller]
    fn check(status: u16, headers: &[(&str, &str)], body: &str, expected: Option<u32>) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let said = refusal(&Answer { status, headers, body: body.as_bytes(), sent_with: None }, NOW);
        assert_eq!(
            said.map(|failure| (failure.code, failure.retry_after)),
            expected.map(|seconds| ("UPSTREAM_RATE_LIMITED".into(), Some(seconds)))
        );
    }

    #[test]
    fn an_exhausted_limit_holds_until_its_reset() {
        let exhausted = |reset| [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
        check(403, &exhausted("1581014317"), "", Some(300));
        check(429, &exhausted("1581014317"), "", Some(300));
        check(403, &exhausted("1581014017"), "", Some(60));
        check(403, &exhausted("1"), "", Some(60));
        check(403, &exhausted("soon"), "", Some(60));
        check(403, &[("x-ratelimit-remaining", "0")], "", Some(60));
    }

    #[test]
    fn a_secondary_limit_holds_as_long_as_retry_after_says_or_a_minute() {
        let words = "{\"message\":\"You have exceeded a secondary rate limit. Please wait a few minutes\"}";
        let left = [("x-ratelimit-remaining", "4000"), ("x-ratelimit-reset", "1581014317")];
        check(403, &[("retry-after", "8")], "{}", Some(8));
        check(429, &[("retry-after", "Thu, 06 Feb 2020 18:33:49 GMT")], words, Some(12));
        check(429, &[("retry-after", "Thu, 06 Feb 2020 18:33:37 GMT")], words, Some(60));
        check(429, &[("retry-after", "0")], words, Some(60));
        check(429, &[("retry-after", "99999999999999999999")], words, Some(60));
        check(429, &[], "", Some(60));
        check(403, &left, words, Some(60));
        check(403, &left, "{\"message\":\"You have triggered an abuse detection mechanism\"}", Some(60));
    }

    #[test]
    fn any_other_refusal_is_no_limit() {
        check(403, &[("x-ratelimit-remaining", "53")], "{\"message\":\"Must have push access\"}", None);
        check(401, &[("x-ratelimit-remaining", "0")], "{\"message\":\"Bad credentials\"}", None);
        check(200, &[("x-ratelimit-remaining", "0")], "[]", None);
        check(404, &[("retry-after", "8")], "", None);
    }
}
