//! The six formats in which a value is shown.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

/// The longest text that is shown, in bytes.
const LONGEST_TEXT: usize = 256;
/// Numbers from here on have no SI prefix, and are not shown.
const LARGEST_NUMBER: f64 = 1e27;
/// A Unix time from here on is in milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const LEAST_MILLISECONDS: f64 = 1e11;

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ValueFormat {
    /// A text, a number or a boolean as it is.
    Text,
    /// A text without whitespace; a leading `v` before a digit is removed.
    Version,
    /// A number as `1.2k`, `34M`.
    Metric,
    /// A number and `%`.
    Percent,
    /// A number of bytes as `1.2 kB`, `34 MB`, with decimal prefixes.
    Bytes,
    /// `2026-11-21`, from RFC 3339, a text that begins so, or seconds or milliseconds since 1970.
    Date,
}

/// A value as a badge shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownValue {
    pub(crate) text: String,
    /// The value as a number, for a color scale; 0 where it is not a number.
    pub(crate) number: f64,
}

impl ValueFormat {
    /// Whether it takes numbers.
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Metric | Self::Percent | Self::Bytes)
    }

    /// The value in this format; none where the format does not take such a value.
    pub(crate) fn show(self, value: &Value) -> Option<ShownValue> {
        let (text, number) = match self {
            Self::Text => (text(value)?, 0.0),
            Self::Version => (version(value)?, 0.0),
            Self::Metric => {
                let number = number(value)?;
                (metric(number), number)
            }
            Self::Percent => {
                let number = number(value)?;
                (percent(number), number)
            }
            Self::Bytes => {
                let number = number(value).filter(|number| *number >= 0.0)?;
                (bytes(number), number)
            }
            Self::Date => (date(value)?.to_string(), 0.0),
        };
        Some(ShownValue { text, number })
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_shown = !text.is_empty() && text.len() <= LONGEST_TEXT && !text.contains(char::is_control);
    is_shown.then_some(text)
}

fn version(value: &Value) -> Option<String> {
    let version = text(value).filter(|text| value.is_string() && !text.contains(char::is_whitespace))?;
    let bare = version.strip_prefix(['v', 'V']).filter(|bare| bare.starts_with(|first: char| first.is_ascii_digit()));
    Some(bare.unwrap_or(&version).to_owned())
}

/// A number, or a string that contains one: some upstreams write all numbers as strings.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
            text.parse().ok().filter(|_| is_plain)?
        }
        _ => return None,
    };
    (number.abs() < LARGEST_NUMBER).then_some(number)
}

/// Up to three digits and a prefix, as shields' `metric` writes them; one decimal only after a single digit.
fn metric(number: f64) -> String {
    let (digits, prefix) = scaled(number);
    format!("{digits}{prefix}")
}

/// As [`metric`], with the unit `B`.
fn bytes(number: f64) -> String {
    let (digits, prefix) = scaled(number.round());
    format!("{digits} {prefix}B")
}

/// The sign and up to three digits, and the SI prefix.
fn scaled(number: f64) -> (String, &'static str) {
    const PREFIXES: [&str; 9] = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut scaled = number.abs();
    let mut prefixes = PREFIXES.into_iter();
    let mut prefix = prefixes.next().unwrap_or_default();
    while scaled.round() >= 1000.0 {
        let Some(next) = prefixes.next() else { break };
        (scaled, prefix) = (scaled / 1000.0, next);
    }
    let digits = if prefix.is_empty() || scaled < 10.0 { one_decimal(scaled) } else { scaled.round().to_string() };
    let sign = if number < 0.0 && digits != "0" { "-" } else { "" };
    (format!("{sign}{digits}"), prefix)
}

/// At most one decimal, rounded towards zero, so that 99.99 is not shown as `100%`.
fn percent(number: f64) -> String {
    // 57.3 × 10 is a little less than 573 in binary, and must not be truncated to 572.
    let tenths = (number * 10.0 + number.signum() * 1e-6).trunc();
    format!("{}%", one_decimal(if tenths == 0.0 { 0.0 } else { tenths / 10.0 }))
}

fn one_decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn date(value: &Value) -> Option<Date> {
    match value {
        Value::Number(number) => day(number.as_f64()?),
        Value::String(text) if text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            day(text.parse().ok()?)
        }
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(timestamp) => Some(TimeZone::UTC.to_datetime(timestamp).date()),
            // A text without an offset: its day is taken as it is written.
            Err(_) => {
                let (day, rest) = text.split_at_checked("2026-11-21".len())?;
                if rest.starts_with(char::is_alphanumeric) && !rest.starts_with('T') { None } else { day.parse().ok() }
            }
        },
        _ => None,
    }
}

/// The day of a Unix time, in UTC.
fn day(since_1970: f64) -> Option<Date> {
    let seconds = if since_1970.abs() < LEAST_MILLISECONDS { since_1970 } else { since_1970 / 1000.0 };
    // Where the number does not fit, `as` saturates, and the largest i64 is not a timestamp.
    let timestamp = Timestamp::from_second(seconds.floor() as i64).ok()?;
    Some(TimeZone::UTC.to_datetime(timestamp).date())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(format: ValueFormat, rows: &[(Value, &str)]) {
        for (value, expected) in rows {
            let shown = format.show(value).map_or_else(|| "nothing".to_owned(), |shown| shown.text);
            assert_eq!(shown, *expected, "{format:?} of {value}");
        }
    }

    #[test]
    fn a_text_is_shown_as_it_is() {
        let rows = [
            (json!("MIT"), "MIT"),
            (json!("  two words "), "two words"),
            (json!(12.5), "12.5"),
            (json!(true), "true"),
            (json!(""), "nothing"),
            (json!(" "), "nothing"),
            (json!("a\nb"), "nothing"),
            (json!("x".repeat(257)), "nothing"),
            (json!(null), "nothing"),
            (json!(["MIT"]), "nothing"),
            (json!({"a": 1}), "nothing"),
        ];
        check(ValueFormat::Text, &rows);
    }

    #[test]
    fn a_version_loses_its_v() {
        let rows = [
            (json!("1.2.3"), "1.2.3"),
            (json!("v1.2.3"), "1.2.3"),
            (json!("V2"), "2"),
            (json!("vim"), "vim"),
            (json!("1:9.1-2"), "1:9.1-2"),
            (json!("dev-master"), "dev-master"),
            (json!("1.0 beta"), "nothing"),
            (json!(1.2), "nothing"),
            (json!(true), "nothing"),
        ];
        check(ValueFormat::Version, &rows);
    }

    #[test]
    fn a_metric_has_three_digits_and_a_prefix() {
        let rows = [
            (json!(0), "0"),
            (json!(-0.0), "0"),
            (json!(-0.04), "0"),
            (json!(7), "7"),
            (json!(4.4871), "4.5"),
            (json!(999), "999"),
            (json!(1000), "1k"),
            (json!(1049), "1k"),
            (json!(1100), "1.1k"),
            (json!(9999), "10k"),
            (json!(12_345), "12k"),
            (json!(999_499), "999k"),
            (json!(999_500), "1M"),
            (json!(3_400_000), "3.4M"),
            (json!(-1200), "-1.2k"),
            (json!(12_345_678_901_u64), "12G"),
            (json!(u64::MAX), "18E"),
            (json!(1e26), "100Y"),
            (json!("1234"), "1.2k"),
            (json!("-5"), "-5"),
            (json!(1e27), "nothing"),
            (json!("1e5"), "nothing"),
            (json!("inf"), "nothing"),
            (json!("NaN"), "nothing"),
            (json!("1,234"), "nothing"),
            (json!(""), "nothing"),
            (json!("-"), "nothing"),
            (json!(false), "nothing"),
        ];
        check(ValueFormat::Metric, &rows);
    }

    #[test]
    fn bytes_have_their_unit() {
        let rows = [
            (json!(0), "0 B"),
            (json!(1), "1 B"),
            (json!(999), "999 B"),
            (json!(1337), "1.3 kB"),
            (json!("12345"), "12 kB"),
            (json!(3_400_000), "3.4 MB"),
            (json!(7_000_000_000_u64), "7 GB"),
            (json!(-1), "nothing"),
            (json!("1 kB"), "nothing"),
        ];
        check(ValueFormat::Bytes, &rows);
    }

    #[test]
    fn a_percentage_is_never_rounded_up() {
        let rows = [
            (json!(100), "100%"),
            (json!(99.99), "99.9%"),
            (json!(57.3), "57.3%"),
            (json!(82.46), "82.4%"),
            (json!(80.0), "80%"),
            (json!(0), "0%"),
            (json!(-0.04), "0%"),
            (json!(-1.5), "-1.5%"),
            (json!("91.25"), "91.2%"),
            (json!("91%"), "nothing"),
            (json!(null), "nothing"),
        ];
        check(ValueFormat::Percent, &rows);
    }

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
            (json!(-1), "1969-12-31"),
            (json!("2026-11-211"), "nothing"),
            (json!("2026-13-01"), "nothing"),
            (json!("yesterday"), "nothing"),
            (json!("ééééééé"), "nothing"),
            (json!(1e300), "nothing"),
            (json!(true), "nothing"),
        ];
        check(ValueFormat::Date, &rows);
    }
}
