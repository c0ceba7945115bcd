//! Badges that show a day, and the times in requests.
//!
//! GitHub writes all times alike, as `2026-11-21T12:00:00Z`. Reading only that makes this library much smaller than the
//! parser of the module `format` would.

use badgesmith_provider::{Badge, Call, color, format};
use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::{field, stop::Stop};

/// A day as shields writes it, bright green if it is of this week, and red if it is long ago.
pub(crate) fn the_newer_the_better(call: &Call<'_>, time: &str) -> Result<Badge, Stop> {
    badge(call, time, color::age)
}

/// A day as shields writes it, bright green if it is long ago, and red if it is of this week.
pub(crate) fn the_older_the_better(call: &Call<'_>, time: &str) -> Result<Badge, Stop> {
    badge(call, time, color::age_reversed)
}

fn badge(call: &Call<'_>, time: &str, color: fn(i64, u64) -> &'static str) -> Result<Badge, Stop> {
    let then = seconds(time).ok_or_else(|| field::invalid(time, "a time"))?;
    Ok(Badge::new(format::relative_date(then, call.now)).color(color(then, call.now)))
}

/// The full hour before a time that is in seconds since 1970, as GitHub writes it.
pub(crate) fn hour(seconds: u64) -> String {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = Offset::UTC.to_datetime(timestamp.unwrap_or_default());
    format!("{:04}-{:02}-{:02}T{:02}:00:00Z", time.year(), time.month(), time.day(), time.hour())
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
}
