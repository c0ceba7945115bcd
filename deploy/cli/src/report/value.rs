//! A value as it is written in an argument, and its kind.

use std::fmt;

use serde_json::Value;

use super::measure::{byte_unit, json_number, milliseconds, split_number};

/// The largest number that the server accepts.
const LARGEST: f64 = 1e18;
/// The longest text that the server accepts, in bytes.
const LONGEST_TEXT: usize = 256;
/// How the badge writes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Metric,
    Bytes,
    Percent,
    Duration,
    Version,
    Text,
}

/// All kinds.
const KINDS: [ValueKind; 6] =
    [ValueKind::Bytes, ValueKind::Percent, ValueKind::Duration, ValueKind::Version, ValueKind::Metric, ValueKind::Text];

impl ValueKind {
    /// The kind with this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
            Self::Duration => "duration",
            Self::Version => "version",
            Self::Text => "text",
        }
    }
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WrittenValue {
    pub(super) kind: ValueKind,
    /// A number or a text.
    pub(super) value: Value,
    /// The unit that the number is in.
    pub(super) unit: Option<&'static str>,
}

/// Why a text is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueFault {
    Text,
    TooLarge,
    /// It is not a value of the given kind.
    Kind(ValueKind),
}

impl fmt::Display for ValueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a value is a text of at most 256 bytes, not blank, without control characters",
            Self::TooLarge => "a number is from -1e18 to 1e18",
            Self::Kind(ValueKind::Metric) => "a metric is written 3 or -0.5",
            Self::Kind(ValueKind::Bytes) => "bytes are written 1200, 1.2MB or 1.2 MiB",
            Self::Kind(ValueKind::Percent) => "a percentage is written 87.5 or 87.5%",
            Self::Kind(ValueKind::Duration) => "a duration is written 200ms, 1.5s or 3m 20s",
            Self::Kind(ValueKind::Version | ValueKind::Text) => "a version has no white space",
        })
    }
}

impl WrittenValue {
    /// Reads a value of the kind that is given, or of the first kind that it can be.
    ///
    /// # Errors
    /// The form that the text must have.
    pub(super) fn read(text: &str, kind: Option<ValueKind>) -> Result<Self, ValueFault> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_TEXT || text.contains(char::is_control) {
            return Err(ValueFault::Text);
        }
        let read = match kind {
            Some(kind) => Self::read_as(text, kind).ok_or(ValueFault::Kind(kind))?,
            // Any text can be a text.
            None => KINDS
                .into_iter()
                .filter(|kind| is_like(text, *kind))
                .find_map(|kind| Self::read_as(text, kind))
                .ok_or(ValueFault::Text)?,
        };
        let is_large = read.value.as_f64().is_some_and(|number| number.abs() > LARGEST);
        if is_large { Err(ValueFault::TooLarge) } else { Ok(read) }
    }

    fn read_as(text: &str, kind: ValueKind) -> Option<Self> {
        let mut unit = None;
        let value = match kind {
            ValueKind::Metric => json_number(text)?,
            ValueKind::Percent => json_number(text.strip_suffix('%').unwrap_or(text).trim_end())?,
            ValueKind::Bytes => {
                let (number, written) = split_number(text)?;
                unit = if written.is_empty() { None } else { byte_unit(written)? };
                json_number(number)?
            }
            ValueKind::Duration => match json_number(text) {
                Some(ms) if ms.as_f64() >= Some(0.0) => ms,
                Some(_) => return None,
                None => milliseconds(text)?,
            },
            ValueKind::Version if text.contains(char::is_whitespace) => return None,
            ValueKind::Version | ValueKind::Text => Value::from(text),
        };
        Some(Self { kind, value, unit })
    }
}

/// Whether a text looks like a value of this kind and of no other.
fn is_like(text: &str, kind: ValueKind) -> bool {
    let is_plain = json_number(text).is_some();
    match kind {
        ValueKind::Bytes | ValueKind::Duration => !is_plain,
        ValueKind::Percent => text.ends_with('%'),
        ValueKind::Version => is_version(text),
        // An id such as 007 is a text.
        ValueKind::Metric => {
            let digits = text.trim_start_matches('-');
            digits.len() == 1 || !digits.starts_with('0') || digits.starts_with("0.")
        }
        ValueKind::Text => true,
    }
}

/// Whether a text is a version such as `1.2.3` or `v1.2`, with an optional suffix such as `-rc.1`.
fn is_version(text: &str) -> bool {
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let has_prefix = bare.len() < text.len();
    let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
    let (numbers, rest) = bare.split_at_checked(end).unwrap_or((bare, ""));
    let numbers = numbers.strip_suffix('.').filter(|_| !rest.is_empty()).unwrap_or(numbers);
    let are_numbers = numbers.split('.').all(|number| !number.is_empty());
    let is_rest = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_'));
    are_numbers && is_rest && (has_prefix || numbers.matches('.').count() >= 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kind_of_a_value_is_found_by_how_it_is_written() {
        for (text, kind, value, unit) in [
            ("3", "metric", json!(3), None),
            ("-0.5", "metric", json!(-0.5), None),
            ("0", "metric", json!(0), None),
            (" 12 ", "metric", json!(12), None),
            ("999999999999999999", "metric", json!(999_999_999_999_999_999_u64), None),
            ("1.2MB", "bytes", json!(1.2), Some("MB")),
            ("1.2 MiB", "bytes", json!(1.2), Some("MiB")),
            ("143.21 kB", "bytes", json!(143.21), Some("kB")),
            ("1.2mb", "bytes", json!(1.2), Some("MB")),
            ("512 B", "bytes", json!(512), None),
            ("512 bytes", "bytes", json!(512), None),
            ("87.5%", "percent", json!(87.5), None),
            ("87 %", "percent", json!(87), None),
            ("200ms", "duration", json!(200), None),
            ("1.1s", "duration", json!(1100), None),
            ("3m 20s", "duration", json!(200_000), None),
            ("1h5m", "duration", json!(3_900_000), None),
            ("2d 3h", "duration", json!(183_600_000), None),
            ("1m30.5s", "duration", json!(90_500), None),
            ("850 \u{b5}s", "duration", json!(0.85), None),
            ("1.2.3", "version", json!("1.2.3"), None),
            ("v1.2", "version", json!("v1.2"), None),
            ("v3", "version", json!("v3"), None),
            ("1.2.3-rc.1+5", "version", json!("1.2.3-rc.1+5"), None),
            ("1.2.3rc1", "version", json!("1.2.3rc1"), None),
            ("stable", "text", json!("stable"), None),
            ("007", "text", json!("007"), None),
            ("1,234", "text", json!("1,234"), None),
            ("12e45", "text", json!("12e45"), None),
            ("1.2M", "text", json!("1.2M"), None),
            ("5 Mb", "text", json!("5 Mb"), None),
            ("20s 3m", "text", json!("20s 3m"), None),
            ("3 of 4", "text", json!("3 of 4"), None),
            ("2026-11-29", "text", json!("2026-11-29"), None),
            ("1.2.3 beta", "text", json!("1.2.3 beta"), None),
            ("1..2.3", "text", json!("1..2.3"), None),
            ("vim", "text", json!("vim"), None),
            ("NaN", "text", json!("NaN"), None),
            ("%", "text", json!("%"), None),
            ("-", "text", json!("-"), None),
        ] {
            let read = WrittenValue::read(text, None).unwrap();
            assert_eq!((read.kind.name(), read.value, read.unit), (kind, value, unit), "{text}");
        }
    }

    #[test]
    fn a_kind_that_is_given_is_read_or_refused() {
        for (text, kind, value) in [
            ("1200", ValueKind::Bytes, json!(1200)),
            ("87.5", ValueKind::Percent, json!(87.5)),
            ("93.5", ValueKind::Duration, json!(93.5)),
            ("007", ValueKind::Metric, json!(7)),
            ("nightly-7", ValueKind::Version, json!("nightly-7")),
            ("3", ValueKind::Text, json!("3")),
        ] {
            let read = WrittenValue::read(text, Some(kind)).unwrap();
            assert_eq!((read.kind, read.value), (kind, value), "{text}");
        }
        for (text, kind) in [
            ("1.2M", ValueKind::Bytes),
            ("many", ValueKind::Metric),
            ("87.5%", ValueKind::Metric),
            ("inf", ValueKind::Metric),
            ("-5s", ValueKind::Duration),
            ("-5", ValueKind::Duration),
            ("all", ValueKind::Percent),
            ("1 2", ValueKind::Version),
        ] {
            assert_eq!(WrittenValue::read(text, Some(kind)), Err(ValueFault::Kind(kind)), "{text}");
        }
    }

    #[test]
    fn what_the_server_would_refuse_is_refused() {
        for (text, fault) in [
            ("", ValueFault::Text),
            (" \t", ValueFault::Text),
            ("a\nb", ValueFault::Text),
            (&"x".repeat(257), ValueFault::Text),
            ("2000000000000000000", ValueFault::TooLarge),
            (&"9".repeat(200), ValueFault::TooLarge),
        ] {
            assert_eq!(WrittenValue::read(text, None), Err(fault), "{text}");
        }
    }
}
