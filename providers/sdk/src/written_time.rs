//! Reads times in the forms that upstreams write. jiff reads more forms and has an error message for each, which would
//! be a tenth of a provider's size.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::Offset,
};

/// A date and time, and its offset from UTC in seconds, if the text states one.
pub(crate) struct WrittenTime {
    pub(crate) time: DateTime,
    pub(crate) ahead: Option<i64>,
}

impl WrittenTime {
    /// Reads `2026-11-21T15:04:05.25+01:00`. Minutes, seconds, a fraction and the offset may be missing, a space may be
    /// in the place of `T`, and the offset may be `Z`, `+01` or `+0100`. None for any other text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let date = day(text.get(..10)?)?;
        let mut rest = text[10..].strip_prefix(['T', 't', ' '])?;
        let (hour, minute, second) = (number(&mut rest)?, part(&mut rest)?, part(&mut rest)?);
        let nanosecond = match rest.strip_prefix(['.', ',']) {
            Some(fraction) => {
                let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
                let read: i32 = fraction.get(..digits).filter(|_| digits <= 9)?.parse().ok()?;
                rest = &fraction[digits..];
                (digits..9).fold(read, |read, _| read * 10)
            }
            None => 0,
        };
        // A leap second counts as the one before it.
        let time = Time::new(hour, minute, if second == 60 { 59 } else { second }, nanosecond).ok()?;
        Some(Self { time: date.to_datetime(time), ahead: ahead_of_utc(rest)? })
    }

    /// Milliseconds since 1970, if the text states its offset from UTC.
    pub(crate) fn milliseconds(&self) -> Option<i64> {
        let here = Offset::UTC.to_timestamp(self.time).ok()?;
        Some(here.as_millisecond() - self.ahead? * 1000)
    }
}

/// Reads `2026-11-21`.
pub(crate) fn day(text: &str) -> Option<Date> {
    let (year, mut rest) = text.split_at_checked(4)?;
    let year = year.bytes().all(|byte| byte.is_ascii_digit()).then(|| year.parse().ok())??;
    let mut after_dash = || {
        rest = rest.strip_prefix('-')?;
        number(&mut rest)
    };
    let date = Date::new(year, after_dash()?, after_dash()?).ok()?;
    rest.is_empty().then_some(date)
}

/// Reads two digits from the beginning of a text, and removes them.
fn number(rest: &mut &str) -> Option<i8> {
    let (digits, after) = rest.split_at_checked(2)?;
    *rest = after;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Reads a colon and two digits from the beginning of a text; 0 if the text does not begin with a colon.
fn part(rest: &mut &str) -> Option<i8> {
    match rest.strip_prefix(':') {
        Some(after) => {
            *rest = after;
            number(rest)
        }
        None => Some(0),
    }
}

/// Reads an offset in seconds: `Some(None)` for an empty text, `None` for a text that is not an offset.
fn ahead_of_utc(text: &str) -> Option<Option<i64>> {
    if text.is_empty() || text.eq_ignore_ascii_case("Z") {
        return Some((!text.is_empty()).then_some(0));
    }
    let (sign, mut rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let hours = number(&mut rest)?;
    let mut after_colon = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { number(&mut after_colon)? };
    let is_offset = after_colon.is_empty() && hours <= 25 && minutes <= 59;
    is_offset.then_some(Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
}
