//! The duration of a suite: stated as a duration since version 7, and before that as two moments such as
//! `20261129 18:28:14.975`.

use std::time::Duration;

use crate::{
    duration::{from_milliseconds, parse_seconds},
    xml::element::XmlElement,
};

/// The duration that a `status` states.
pub(super) fn duration(status: &XmlElement) -> Option<Duration> {
    if let Some(elapsed) = status.attribute("elapsed") {
        return parse_seconds(elapsed);
    }
    let moment = |name| status.attribute(name).and_then(milliseconds);
    from_milliseconds(moment("endtime")? - moment("starttime")?)
}

/// A moment in milliseconds since some day. Both moments of a status are in the same time zone.
fn milliseconds(moment: &str) -> Option<f64> {
    let (date, clock) = moment.trim().split_once(' ')?;
    let is_date = date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit());
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<u32>().ok();
    let (year, month, day) = is_date.then_some((number(0, 4)?, number(4, 6)?, number(6, 8)?))?;
    let (hours, rest) = clock.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let hours = hours.parse::<u8>().ok()?;
    let minutes = minutes.parse::<u8>().ok()?;
    let seconds = parse_seconds(seconds)?;
    let minutes = (f64::from(days(year, month, day)) * 24.0 + f64::from(hours)) * 60.0 + f64::from(minutes);
    Some((minutes * 60.0 + seconds.as_secs_f64()) * 1000.0)
}

/// The days since March 1 of the year 0 of the Gregorian calendar. A year that begins in March ends with its leap day.
fn days(year: u32, month: u32, day: u32) -> u32 {
    let year_of_march = if month > 2 { year } else { year.saturating_sub(1) };
    let month_from_march = (month + 9) % 12;
    year_of_march * 365 + year_of_march / 4 - year_of_march / 100
        + year_of_march / 400
        + (month_from_march * 153 + 2) / 5
        + day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_moments_is_right_over_midnight_and_a_leap_day() {
        for (start, end, expected) in [
            ("20261129 18:28:14.975", "20261129 18:28:15.000", Some(25.0)),
            ("20261231 23:59:59.999", "20270101 00:00:00.000", Some(1.0)),
            ("20280228 00:00:00.000", "20280301 00:00:00.000", Some(172_800_000.0)),
            ("20270228 00:00:00.000", "20270301 00:00:00.000", Some(86_400_000.0)),
            ("N/A", "20270301 00:00:00.000", None),
            ("2027é301 00:00:00.000", "20270301 00:00:00.000", None),
        ] {
            let between = milliseconds(start).and_then(|start| Some(milliseconds(end)? - start));
            assert_eq!(between.map(f64::round), expected, "{start} to {end}");
        }
    }
}
