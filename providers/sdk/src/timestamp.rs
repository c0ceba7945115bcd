//! A moment from 1970 to 9999 with a precision of milliseconds: the only times a record can have.

use std::{error::Error, fmt};

#[cfg(feature = "time")]
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

#[cfg(feature = "time")]
use crate::written_time::WrittenTime;

/// 9999-12-31T23:59:59.999Z in milliseconds since 1970.
const MAX_MS: i64 = 253_402_300_799_999;

/// A moment from 1970-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z, with a precision of milliseconds.
///
/// The texts of all such moments have the same length, so that they sort as the moments do, and a store can use them in
/// its keys. In JSON it is a number: milliseconds since 1970, UTC. A number outside the range cannot be deserialised.
///
/// ```
/// use badgesmith_provider::Timestamp;
///
/// let timestamp = Timestamp::try_from(1_752_837_027_500).unwrap();
/// assert_eq!(serde_json::to_string(&timestamp).unwrap(), "1752837027500");
/// assert!(Timestamp::try_from(-1).is_err());
/// assert!(serde_json::from_str::<Timestamp>("253402300800000").is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// A number of milliseconds that is before 1970 or after 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOutOfRange;

impl Timestamp {
    /// The first moment: 1970-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(0);
    /// The last moment: 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(MAX_MS);

    /// The milliseconds since 1970, UTC: 0 to 253,402,300,799,999.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// The moment closest to this number of milliseconds since 1970: [`Timestamp::MIN`] for earlier moments, and
    /// [`Timestamp::MAX`] for later ones.
    pub fn nearest(ms: i64) -> Self {
        Self(ms.clamp(0, MAX_MS))
    }

    /// Reads an RFC 3339 time: date, `T`, time with seconds, and `Z` or an offset. Digits beyond milliseconds are cut
    /// off. `None` for any other text, and for a time outside the range.
    ///
    /// ```
    /// use badgesmith_provider::Timestamp;
    ///
    /// let ms = |text| Timestamp::parse(text).map(Timestamp::as_ms);
    /// assert_eq!(ms("2025-07-18T13:10:27.5+02:00"), Some(1_752_837_027_500));
    /// assert_eq!(ms("2025-07-18 11:10:27Z"), None);
    /// assert_eq!(ms("2025-07-18T11:10:27"), None);
    /// assert_eq!(ms("1969-07-18T11:10:27Z"), None);
    /// ```
    #[cfg(feature = "time")]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_rfc3339(text.as_bytes()) {
            return None;
        }
        let (text, years_ms) = match text.strip_prefix("9999") {
            Some(rest) => (format!("9599{rest}"), FOUR_CENTURIES_MS),
            None => (text.to_owned(), 0),
        };
        (WrittenTime::read(&text)?.milliseconds()? + years_ms).try_into().ok()
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = TimestampOutOfRange;

    /// The moment this many milliseconds after the start of 1970, UTC.
    fn try_from(ms: i64) -> Result<Self, TimestampOutOfRange> {
        if (0..=MAX_MS).contains(&ms) { Ok(Self(ms)) } else { Err(TimestampOutOfRange) }
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

/// `2025-07-18T11:10:27.500Z`: RFC 3339 in UTC, always with three digits after the second.
///
/// ```
/// use badgesmith_provider::Timestamp;
///
/// assert_eq!(Timestamp::nearest(1_752_837_027_500).to_string(), "2025-07-18T11:10:27.500Z");
/// assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
/// ```
#[cfg(feature = "time")]
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ms, is_year_9999) =
            if self.0 < YEAR_9999_MS { (self.0, false) } else { (self.0 - FOUR_CENTURIES_MS, true) };
        let time = Offset::UTC.to_datetime(jiff::Timestamp::from_millisecond(ms).map_err(|_| fmt::Error)?);
        let year = if is_year_9999 { 9999 } else { time.year() };
        write!(f, "{year:04}-{:02}-{:02}", time.month(), time.day())?;
        write!(f, "T{:02}:{:02}:{:02}.{:03}Z", time.hour(), time.minute(), time.second(), time.millisecond())
    }
}

impl fmt::Display for TimestampOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its record's timestamp_ms is not in the years 1970 to 9999")
    }
}

impl Error for TimestampOutOfRange {}

/// 9999-01-01T00:00:00Z in milliseconds since 1970. jiff's timestamps end a day before that year does, so its times are
/// calculated four centuries earlier.
#[cfg(feature = "time")]
const YEAR_9999_MS: i64 = 253_370_764_800_000;
/// After four centuries, which have 146,097 days, the Gregorian calendar repeats.
#[cfg(feature = "time")]
const FOUR_CENTURIES_MS: i64 = 146_097 * 24 * 60 * 60 * 1000;

/// Whether a text has the form of a time by RFC 3339, section 5.6, with a fraction of at most nine digits.
#[cfg(feature = "time")]
fn is_rfc3339(text: &[u8]) -> bool {
    let Some((start, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let digits = match rest.strip_prefix(b".") {
        Some(fraction) => 1 + fraction.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    let offset = &rest[digits..];
    let is_offset = ["Z", "+00:00", "-00:00"].iter().any(|form| has_form(offset, form.as_bytes()));
    has_form(start, b"0000-00-00T00:00:00") && digits != 1 && digits <= 10 && is_offset
}

/// Whether a text has a digit wherever `form` has `0`, and otherwise the same characters without regard to case.
#[cfg(feature = "time")]
fn has_form(text: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, form): (&u8, &u8)| {
        if *form == b'0' { byte.is_ascii_digit() } else { byte.eq_ignore_ascii_case(form) }
    };
    text.len() == form.len() && text.iter().zip(form).all(fits)
}

#[cfg(feature = "time")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timestamp_has_a_text_that_reads_back_and_sorts_as_the_times_do() {
        let times = [0, 1, 999, 1_752_837_027_500, 253_402_207_200_000, 253_402_207_200_001, MAX_MS - 1, MAX_MS];
        let texts = times.map(|ms| Timestamp::try_from(ms).unwrap().to_string());
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts.each_ref().map(|text| Timestamp::parse(text).unwrap().as_ms()), times);
        assert_eq!((&*texts[0], &*texts[7]), ("1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"));
    }

    #[test]
    fn only_rfc_3339_within_the_range_is_a_time() {
        let rows = [
            ("2025-07-18t11:10:27z", Some(1_752_837_027_000)),
            ("2025-07-18T11:10:27.123456789Z", Some(1_752_837_027_123)),
            ("2025-07-18T11:10:27-00:00", Some(1_752_837_027_000)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799_000)),
            ("1969-12-31T23:00:00-01:00", Some(0)),
            ("1970-01-01T00:00:00+00:01", None),
            ("9999-12-31T22:59:59.999-01:00", Some(MAX_MS)),
            ("9999-12-31T23:59:59-00:01", None),
            ("2025-07-18T11:10:27.Z", None),
            ("2025-07-18T11:10:27.1234567890Z", None),
            ("2025-07-18T11:10:27.1.2Z", None),
            ("2025-07-18T11:10:27,5Z", None),
            ("2025-07-18T11:10:27+02", None),
            ("2025-07-18T11:10:27+0200", None),
            ("2025-07-18T11:10:27+02:60", None),
            ("2025-07-18T11:10:27+26:00", None),
            ("2025-07-18T11:10Z", None),
            ("2025-02-30T11:10:27Z", None),
            ("2025-07-18T24:10:27Z", None),
            ("+002025-07-18T11:10:27Z", None),
            ("2025-07-18T11:10:27Zé", None),
            ("2025-07-18T11:10:2é", None),
            ("", None),
        ];
        for (text, ms) in rows {
            assert_eq!(Timestamp::parse(text).map(Timestamp::as_ms), ms, "{text}");
        }
    }
}
