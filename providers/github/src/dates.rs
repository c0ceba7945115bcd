//! Badges that show a day, and the times in requests.
//!
//! GitHub writes all times alike, as `2026-11-21T12:00:00Z`. A reader of only that form makes this library much smaller
//! than the parser of the module `format` would.

use badgesmith_provider::{Badge, Call, color, format};
use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::{field, stop::Stop};

/// A day as shields writes it, bright green if it is in the last week, and red if it is long ago.
pub(crate) fn the_newer_the_better(call: &Call<'_>, time: &str) -> Result<Badge, Stop> {
    badge(call, time, color::age)
}

/// A day as shields writes it, bright green if it is long ago, and red if it is in the last week.
pub(crate) fn the_older_the_better(call: &Call<'_>, time: &str) -> Result<Badge, Stop> {
    badge(call, time, color::age_reversed)
}

fn badge(call: &Call<'_>, time: &str, color: fn(i64, u64) -> &'static str) -> Result<Badge, Stop> {
    let then = seconds(time).ok_or_else(|| field::invalid(time, "a time"))?;
    Ok(Badge::new(format::relative_date(then, call.now)).color(color(then, call.now)))
}

/// The full hour before a time that is in seconds since 1970, as GitHub writes it.
pub(crate) fn hour(seconds: u64) -> String {
    let time = datetime(seconds);
    format!("{:04}-{:02}-{:02}T{:02}:00:00Z", time.year(), time.month(), time.day(), time.hour())
}

/// The day of a time that is in seconds since 1970, as `2026-11-21`.
pub(crate) fn day(seconds: u64) -> String {
    let mut time = text(seconds);
    time.truncate("2026-11-21".len());
    time
}

/// A time that is in seconds since 1970, as GitHub writes it.
pub(crate) fn text(seconds: u64) -> String {
    let time = datetime(seconds);
    let (day, clock) = ((time.year(), time.month(), time.day()), (time.hour(), time.minute(), time.second()));
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", day.0, day.1, day.2, clock.0, clock.1, clock.2)
}

fn datetime(seconds: u64) -> DateTime {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Offset::UTC.to_datetime(timestamp.unwrap_or_default())
}

/// The seconds since 1970 of a time in a payload: as GitHub writes it in answers, or with a fraction of a second, or
/// with an offset from UTC.
pub(crate) fn moment(time: &str) -> Option<i64> {
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let (time, offset) = time.split_at_checked(time.len().checked_sub("+00:00".len())?)?;
            (time, offset_seconds(offset)?)
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    Some(seconds(&format!("{time}Z")).filter(|_| is_fraction)? - offset)
}

/// The seconds of an offset such as `+01:00`.
fn offset_seconds(offset: &str) -> Option<i64> {
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let digits = |text: &str| text.parse::<u8>().ok().map(i64::from);
    Some(sign * (digits(hours)? * 60 + digits(minutes)?) * 60)
}

/// The seconds since 1970 of a time as GitHub writes it. Anything after the seconds but a `Z` is refused.
fn seconds(time: &str) -> Option<i64> {
    let rest = time.strip_suffix('Z')?;
    let part = |from: usize, to: usize| rest.get(from..to)?.parse::<i8>().ok();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_written = |(at, separator): (usize, u8)| rest.as_bytes().get(at) == Some(&separator);
    if rest.len() != "2026-11-21T12:00:00".len() || !separators.into_iter().all(is_written) {
        return None;
    }
    let year = rest.get(..4)?.parse().ok()?;
    let (month, day) = (part(5, 7)?, part(8, 10)?);
    let time = DateTime::new(year, month, day, part(11, 13)?, part(14, 16)?, part(17, 19)?, 0).ok()?;
    Offset::UTC.to_timestamp(time).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_github_writes_it() {
        assert_eq!(seconds("2026-11-21T12:00:00Z"), Some(1_795_262_400));
        assert_eq!(seconds("1969-12-31T23:59:59Z"), Some(-1));
        let others = ["", "2026-11-21", "2026-13-21T12:00:00Z", "2026-11-21 12:00:00Z", "2026-11-21T12:00:00+01:00"];
        assert!(others.into_iter().chain(["ééééééééé2Z", "+026-11-21T12:00:00"]).all(|text| seconds(text).is_none()));
    }

    #[test]
    fn a_time_in_a_payload_may_have_a_fraction_or_an_offset() {
        for (text, seconds) in [
            ("2026-11-21T12:00:00Z", Some(1_795_262_400)),
            ("2026-11-21T12:00:00.123z", Some(1_795_262_400)),
            ("2026-11-21T13:30:00+01:30", Some(1_795_262_400)),
            ("2026-11-21T04:00:00.5-08:00", Some(1_795_262_400)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("2026-11-21T12:00:00", None),
            ("2026-11-21T12:00:00.Z", None),
            ("2026-11-21T12:00:00+0100", None),
            ("2026-11-21", None),
            ("Z", None),
            ("+ééééé", None),
            ("", None),
        ] {
            assert_eq!(moment(text), seconds, "{text}");
        }
        assert_eq!((text(1_795_262_400), day(1_795_262_400)), ("2026-11-21T12:00:00Z".into(), "2026-11-21".into()));
        assert_eq!(moment(&text(951_782_399)), Some(951_782_399));
    }
}
