//! Dates: the day, the day relative to today, and how long ago a moment was.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::Offset,
};
use serde_json::Value;

use crate::written_time::{WrittenTime, day};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
/// A Unix time of at least this number is taken as milliseconds: as seconds it would be the year 5138, as milliseconds
/// it is 1973.
const LEAST_MILLISECONDS: f64 = 1e11;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a JSON value as a moment, in seconds since 1970, UTC.
///
/// It takes RFC 3339, a text that begins with a day such as `2026-11-21`, a text of 14 digits such as `20261121150400`,
/// and a number of seconds or milliseconds since 1970. A text without an offset is in UTC. None for any other value.
///
/// ```
/// use badgesmith_provider::format::unix_seconds;
/// use serde_json::json;
///
/// assert_eq!(unix_seconds(&json!("2026-11-21T13:00:00+01:00")), Some(1_795_262_400));
/// assert_eq!(unix_seconds(&json!(1_795_262_400_000_u64)), Some(1_795_262_400));
/// assert_eq!(unix_seconds(&json!("yesterday")), None);
/// ```
pub fn unix_seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => from_number(number.as_f64()?),
        Value::String(text) if text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            from_digits(text).or_else(|| from_number(text.parse().ok()?))
        }
        Value::String(text) => match WrittenTime::read(text) {
            Some(written) => match written.milliseconds() {
                Some(milliseconds) => Some(milliseconds / 1000),
                None => seconds_of(written.time),
            },
            None => seconds_of(from_day(text)?),
        },
        _ => None,
    }
}

/// The day of a moment, as [`unix_seconds`] reads it: `2026-11-21`, in UTC.
///
/// ```
/// use badgesmith_provider::format::date;
/// use serde_json::json;
///
/// assert_eq!(date(&json!("2026-11-21T23:30:00-05:00")).as_deref(), Some("2026-11-22"));
/// assert_eq!(date(&json!("2026-11-21 3:04pm")).as_deref(), Some("2026-11-21"));
/// ```
pub fn date(value: &Value) -> Option<String> {
    let day = civil(unix_seconds(value)?);
    Some(format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()))
}

/// The day of a moment as shields writes it: `today`, `yesterday` or `last monday` in the last week, and before that
/// the month, with its year unless that is this one's: `november`, `november 2025`. Both arguments are seconds since
/// 1970.
///
/// ```
/// use badgesmith_provider::format::relative_date;
///
/// // Saturday, 2026-11-21, 12:00
/// let days_ago = |days: i64| relative_date(1_795_262_400 - days * 24 * 60 * 60, 1_795_262_400);
/// assert_eq!([0, 1, 2, 6].map(days_ago), ["today", "yesterday", "last thursday", "last sunday"]);
/// assert_eq!([7, 60, 365].map(days_ago), ["november", "september", "november 2025"]);
/// ```
pub fn relative_date(unix_seconds: i64, now: u64) -> String {
    let now = signed(now);
    let date = civil(unix_seconds);
    let today = civil(now).date();
    let since_midnight = unix_seconds.saturating_sub(now.saturating_sub(now.rem_euclid(SECONDS_PER_DAY)));
    let is_before = |days: i64| since_midnight < days * SECONDS_PER_DAY;
    if is_before(-6) || !is_before(7) {
        let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
        return if date.year() == today.year() { month.to_owned() } else { format!("{month} {}", date.year()) };
    }
    match date.weekday() {
        day if is_before(-1) => format!("last {}", name(day)),
        _ if is_before(0) => "yesterday".to_owned(),
        _ if is_before(1) => "today".to_owned(),
        _ if is_before(2) => format!("tomorrow at {}", clock(date)),
        day => format!("{} at {}", name(day), clock(date)),
    }
}

/// How long before or after `now` a moment is: `3 months ago`, `in 2 days`. Both arguments are seconds since 1970.
///
/// ```
/// use badgesmith_provider::format::time_ago;
///
/// let seconds_ago = |seconds: i64| time_ago(1_795_262_400 - seconds, 1_795_262_400);
/// assert_eq!([20, 120, 5_000].map(seconds_ago), ["a few seconds ago", "2 minutes ago", "an hour ago"]);
/// assert_eq!([-172_800, 2_600_000].map(seconds_ago), ["in 2 days", "a month ago"]);
/// ```
pub fn time_ago(unix_seconds: i64, now: u64) -> String {
    let now = signed(now);
    let seconds = unix_seconds.saturating_sub(now);
    let rounded = |per_unit: f64| (seconds as f64 / per_unit).abs().round();
    let months = months_between(unix_seconds, now);
    let [minutes, hours, days] = [60.0, 3600.0, 86_400.0].map(rounded);
    let (whole_months, years) = (months.abs().round(), (months / 12.0).abs().round());
    let length = match seconds.unsigned_abs() {
        0..=44 => "a few seconds".to_owned(),
        45..=89 => "a minute".to_owned(),
        _ if minutes <= 44.0 => format!("{minutes} minutes"),
        _ if minutes <= 89.0 || hours <= 1.0 => "an hour".to_owned(),
        _ if hours <= 21.0 => format!("{hours} hours"),
        _ if hours <= 35.0 || days <= 1.0 => "a day".to_owned(),
        _ if days <= 25.0 => format!("{days} days"),
        _ if days <= 45.0 || whole_months <= 1.0 => "a month".to_owned(),
        _ if whole_months <= 10.0 => format!("{whole_months} months"),
        _ if whole_months <= 17.0 || years <= 1.0 => "a year".to_owned(),
        _ => format!("{years} years"),
    };
    if seconds > 0 { format!("in {length}") } else { format!("{length} ago") }
}

/// The moment of a Unix time in seconds or milliseconds.
fn from_number(since_1970: f64) -> Option<i64> {
    let seconds = if since_1970.abs() < LEAST_MILLISECONDS { since_1970 } else { since_1970 / 1000.0 };
    // If the number does not fit, `as` saturates, and the largest i64 is not a valid timestamp.
    Timestamp::from_second(seconds.floor() as i64).ok().map(Timestamp::as_second)
}

/// The moment of `20261121150400`. As milliseconds it would be after the year 2500.
fn from_digits(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    if text.len() != "20261121150400".len() || !text.starts_with("19") && !text.starts_with("20") {
        return None;
    }
    let date = Date::new(text.get(..4)?.parse().ok()?, part(4, 6)?, part(6, 8)?).ok()?;
    let time = jiff::civil::Time::new(part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()?;
    seconds_of(date.to_datetime(time))
}

/// Reads only the day of a text whose time of day cannot be read, without converting it to UTC.
fn from_day(text: &str) -> Option<DateTime> {
    let (date, rest) = text.split_at_checked("2026-11-21".len())?;
    let is_day = !rest.starts_with(char::is_alphanumeric) || rest.starts_with('T');
    Some(day(date).filter(|_| is_day)?.to_datetime(jiff::civil::Time::midnight()))
}

fn signed(now: u64) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX)
}

fn seconds_of(time: DateTime) -> Option<i64> {
    Offset::UTC.to_timestamp(time).ok().map(Timestamp::as_second)
}

/// The date and time of a moment, in UTC; for a moment beyond the years that can be written, the nearest one.
fn civil(unix_seconds: i64) -> DateTime {
    let nearest = unix_seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Offset::UTC.to_datetime(Timestamp::from_second(nearest).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// The months from `from` to `to`, negative if `to` is later: whole months by the calendar, and the fraction of the
/// next one.
fn months_between(to: i64, from: i64) -> f64 {
    let (a, b) = (civil(to), civil(from));
    if a.day() < b.day() {
        return -months_between(from, to);
    }
    let whole = (i32::from(b.year()) - i32::from(a.year())) * 12 + i32::from(b.month()) - i32::from(a.month());
    let seconds = |months: i32| months_later(a, months);
    let anchor = seconds(whole);
    let rest = (from - anchor) as f64;
    let next = if rest < 0.0 { anchor - seconds(whole - 1) } else { seconds(whole + 1) - anchor };
    let months = f64::from(whole) + if next == 0 { 0.0 } else { rest / next as f64 };
    -months
}

/// The same day and time that many months later, or the month's last day where there is no such day, in seconds.
fn months_later(time: DateTime, months: i32) -> i64 {
    let month = i32::from(time.year()) * 12 + i32::from(time.month()) - 1 + months;
    let first = Date::new(month.div_euclid(12) as i16, month.rem_euclid(12) as i8 + 1, 1).unwrap_or(time.date());
    let day = time.day().min(first.days_in_month());
    let date = Date::new(first.year(), first.month(), day).unwrap_or(first);
    seconds_of(date.to_datetime(time.time())).unwrap_or_default()
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

/// The time of day: `3:04 pm`.
fn clock(time: DateTime) -> String {
    let half = if time.hour() < 12 { "am" } else { "pm" };
    let hour = (time.hour() + 11) % 12 + 1;
    format!("{hour}:{:02} {half}", time.minute())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_is_a_day_in_utc() {
        let rows = [
            (json!("2026-11-21T23:30:00-05:00"), "2026-11-22"),
            (json!("2026-11-21T12:00:00.123456Z"), "2026-11-21"),
            (json!("2026-11-21T12:00:00.123456"), "2026-11-21"),
            (json!("2026-11-21"), "2026-11-21"),
            (json!("2026-11-21 3:04pm GMT"), "2026-11-21"),
            (json!(1_795_262_400), "2026-11-21"),
            (json!(1_795_262_400_000_u64), "2026-11-21"),
            (json!("1795262400"), "2026-11-21"),
            (json!("20261121150400"), "2026-11-21"),
            (json!("20261321150400"), "2612-01-22"),
            (json!(-1), "1969-12-31"),
            (json!("2026-11-211"), "nothing"),
            (json!("2026-13-01"), "nothing"),
            (json!("yesterday"), "nothing"),
            (json!("ééééééé"), "nothing"),
            (json!(1e300), "nothing"),
            (json!(true), "nothing"),
        ];
        for (value, expected) in rows {
            assert_eq!(date(&value).as_deref().unwrap_or("nothing"), expected, "{value}");
        }
    }

    #[test]
    fn a_text_without_an_offset_is_in_utc() {
        let rows = [
            ("2026-11-21T12:00:00", 1_795_262_400),
            ("2026-11-21 12:00:00", 1_795_262_400),
            ("2026-11-21 12:00:00.5", 1_795_262_400),
            ("20261121120000", 1_795_262_400),
            ("2026-11-21 noon", 1_795_219_200),
            ("2026-11-21", 1_795_219_200),
        ];
        for (text, expected) in rows {
            assert_eq!(unix_seconds(&json!(text)), Some(expected), "{text}");
        }
    }

    /// Seconds since 1970 of a text.
    fn at(text: &str) -> i64 {
        unix_seconds(&json!(text)).unwrap()
    }

    #[test]
    fn a_day_of_the_last_week_has_its_name_and_any_other_its_month() {
        let now = at("2026-11-21T12:00:00Z").unsigned_abs();
        let rows = [
            ("2026-11-21T00:00:00Z", "today"),
            ("2026-11-21T23:59:59Z", "today"),
            ("2026-11-20T23:59:59Z", "yesterday"),
            ("2026-11-20T00:00:00Z", "yesterday"),
            ("2026-11-19T23:59:59Z", "last thursday"),
            ("2026-11-15T00:00:00Z", "last sunday"),
            ("2026-11-14T23:59:59Z", "november"),
            ("2026-01-01T00:00:00Z", "january"),
            ("2025-12-31T23:59:59Z", "december 2025"),
            ("0999-06-01T00:00:00Z", "june 999"),
            ("2026-11-22T00:00:00Z", "tomorrow at 12:00 am"),
            ("2026-11-23T15:04:00Z", "monday at 3:04 pm"),
            ("2026-11-28T00:00:00Z", "november"),
            ("2027-11-28T12:00:00Z", "november 2027"),
        ];
        for (text, expected) in rows {
            assert_eq!(relative_date(at(text), now), expected, "{text}");
        }
        for out_of_range in [i64::MIN, i64::MAX] {
            relative_date(out_of_range, now);
            relative_date(0, out_of_range.unsigned_abs());
            time_ago(out_of_range, now);
            time_ago(0, out_of_range.unsigned_abs());
        }
    }

    #[test]
    fn how_long_ago_is_said_in_the_unit_that_fits() {
        let now = at("2026-11-21T12:00:00Z").unsigned_abs();
        let rows = [
            ("2026-11-21T12:00:00Z", "a few seconds ago"),
            ("2026-11-21T11:59:15Z", "a minute ago"),
            ("2026-11-21T11:58:30Z", "2 minutes ago"),
            ("2026-11-21T11:15:00Z", "an hour ago"),
            ("2026-11-21T10:30:00Z", "2 hours ago"),
            ("2026-11-21T10:30:20Z", "an hour ago"),
            ("2026-11-20T14:00:00Z", "a day ago"),
            ("2026-11-20T00:20:00Z", "a day ago"),
            ("2026-11-19T12:00:00Z", "2 days ago"),
            ("2026-10-26T12:00:00Z", "a month ago"),
            ("2026-10-01T12:00:00Z", "2 months ago"),
            ("2026-08-21T12:00:00Z", "3 months ago"),
            ("2025-12-21T12:00:00Z", "a year ago"),
            ("2025-06-01T12:00:00Z", "a year ago"),
            ("2025-05-01T12:00:00Z", "2 years ago"),
            ("2016-11-21T12:00:00Z", "10 years ago"),
            ("2026-11-23T12:00:00Z", "in 2 days"),
            ("2027-02-21T12:00:00Z", "in 3 months"),
        ];
        for (text, expected) in rows {
            assert_eq!(time_ago(at(text), now), expected, "{text}");
        }
        // Months differ in length, so the same day may not exist in another month.
        assert_eq!(time_ago(at("2026-12-31T00:00:00Z"), 1_772_236_800), "in 10 months");
        assert_eq!(time_ago(at("2018-10-01T00:00:00Z"), 1_540_771_200), "a month ago");
    }
}
