//! How long ago something was, and when, in words.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// From this many days on, the date is shown instead of the number of days.
const MOST_DAYS: u64 = 30;

/// How long ago a time in milliseconds since 1970 was, in the same words as in page.js.
pub(super) fn ago(time_ms: i64, now: SystemTime) -> String {
    let then = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(time_ms).unwrap_or_default());
    let seconds = now.duration_since(then).unwrap_or_default().as_secs();
    let counted = |count: u64, unit: &str| format!("{count} {unit} ago");
    match seconds {
        0..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => counted(seconds / MINUTE, "min"),
        HOUR..DAY => counted(seconds / HOUR, "h"),
        _ if seconds / DAY == 1 => counted(1, "day"),
        _ if seconds / DAY <= MOST_DAYS => counted(seconds / DAY, "days"),
        _ => date(time_ms),
    }
}

/// The date, in UTC.
pub(super) fn date(time_ms: i64) -> String {
    let text = Timestamp::nearest(time_ms).to_string();
    text.get(..10).unwrap_or(&text).to_owned()
}

/// The date with hours and minutes, in UTC.
pub(super) fn minute(time_ms: i64) -> String {
    let text = Timestamp::nearest(time_ms).to_string();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_fits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
        let rows = [
            (0, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"),
            (86_400, "1 day ago"),
            (2 * 86_400, "2 days ago"),
            (30 * 86_400, "30 days ago"),
            (31 * 86_400, "2026-10-21"),
            (-60, "just now"),
        ];
        for (seconds, words) in rows {
            assert_eq!(ago((1_795_262_400 - seconds) * 1000, now), words, "{seconds}");
        }
        assert_eq!(minute(1_795_262_400_500), "2026-11-21 12:00 UTC");
    }
}
