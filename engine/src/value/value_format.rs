//! The six formats in which a value is shown.

use badgesmith_provider::format;
use serde::Deserialize;
use serde_json::Value;

/// The longest text that is shown, in bytes.
const LONGEST_TEXT: usize = 256;

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

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Version => "version",
            Self::Metric => "metric",
            Self::Percent => "percent",
            Self::Bytes => "bytes",
            Self::Date => "date",
        }
    }

    /// The value in this format; none where the format does not take such a value.
    pub(crate) fn show(self, value: &Value) -> Option<ShownValue> {
        let (text, number) = match self {
            Self::Text => (text(value)?, 0.0),
            Self::Version => (version(value)?, 0.0),
            Self::Metric => {
                let number = format::number(value)?;
                (format::metric(number), number)
            }
            Self::Percent => {
                let number = format::number(value)?;
                (format::percent(number), number)
            }
            Self::Bytes => {
                let number = format::number(value).filter(|number| *number >= 0.0)?;
                (format::bytes(number), number)
            }
            Self::Date => (format::date(value)?, 0.0),
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
    fn each_format_shows_what_it_takes_and_nothing_else() {
        check(ValueFormat::Metric, &[(json!(1337), "1.3k"), (json!("-5"), "-5"), (json!("5 km"), "nothing")]);
        check(ValueFormat::Percent, &[(json!(91.25), "91.2%"), (json!(null), "nothing")]);
        check(ValueFormat::Bytes, &[(json!(1337), "1.3 kB"), (json!(-1), "nothing"), (json!("1 kB"), "nothing")]);
        check(ValueFormat::Date, &[(json!("2026-11-21T12:00:00Z"), "2026-11-21"), (json!("yesterday"), "nothing")]);
    }
}
