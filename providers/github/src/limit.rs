//! When GitHub says that a token has asked too much, and for how long.

use std::time::UNIX_EPOCH;

use badgesmith_provider::{Answer, Failure};

/// How many seconds a limit holds that does not say so: GitHub's advice.
const UNTOLD: u64 = 60;
/// How many seconds a limit holds at most, whatever it says: GitHub counts by the hour.
const LONGEST: u64 = 3600;

/// `UPSTREAM_RATE_LIMITED`, if the answer is a refusal for having asked too much or too fast.
///
/// GitHub says so with 403 as well as with 429: of its hourly limit by `x-ratelimit-remaining: 0`, of its secondary
/// ones by `Retry-After` or in the body's words alone. Any other 403 is about permissions.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
pub(crate) fn refusal(answer: &Answer<'_>, now: u64) -> Option<Failure> {
    let is_limit = match answer.status {
        429 => true,
        403 => answer.header("retry-after").is_some() || is_exhausted(answer) || speaks_of_limits(answer.body),
        _ => false,
    };
    is_limit.then(|| Failure {
        retry_after: u32::try_from(seconds(answer, now)).ok(),
        ..Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited")
    })
}

/// How long to wait: what `Retry-After` says, or the reset of a limit that is exhausted. A time that has passed says
/// nothing, since GitHub still refuses.
fn seconds(answer: &Answer<'_>, now: u64) -> u64 {
    let told = answer.header("retry-after").and_then(|text| seconds_after(text, now));
    let reset = answer.header("x-ratelimit-reset").filter(|_| is_exhausted(answer));
    let left = reset.and_then(moment).and_then(|moment| moment.checked_sub(now));
    [told, left].into_iter().flatten().find(|seconds| *seconds > 0).unwrap_or(UNTOLD).min(LONGEST)
}

/// `Retry-After`: a number of seconds or an HTTP date.
fn seconds_after(text: &str, now: u64) -> Option<u64> {
    text.trim().parse().ok().or_else(|| date(text)?.checked_sub(now))
}

/// `x-ratelimit-reset`: seconds since 1970; proxies write an HTTP date too.
fn moment(text: &str) -> Option<u64> {
    text.trim().parse().ok().or_else(|| date(text))
}

fn date(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

fn is_exhausted(answer: &Answer<'_>) -> bool {
    answer.header("x-ratelimit-remaining").is_some_and(|text| text.trim() == "0")
}

fn speaks_of_limits(body: &[u8]) -> bool {
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
        let said = refusal(&Answer { status, headers, body: body.as_bytes() }, NOW);
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
        check(403, &exhausted("Thu, 06 Feb 2020 18:34:37 GMT"), "", Some(60));
        check(403, &exhausted("1581014017"), "", Some(60));
        check(403, &exhausted("1"), "", Some(60));
        check(403, &exhausted("9999999999"), "", Some(3600));
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
        check(429, &[("retry-after", "99999")], words, Some(3600));
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
