//! The formats in which a value is shown.

use badgesmith_provider::{
    format::{self, SizeUnits},
    order,
};
use serde::Deserialize;
use serde_json::Value;

/// The longest text that is shown, in bytes.
const LONGEST_TEXT: usize = 256;
/// How many stars the best rating has.
const MOST_STARS: usize = 5;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ValueFormat {
    /// A text, a number or a boolean, unchanged.
    Text,
    /// A text without whitespace; a leading `v` before a digit is removed.
    Version,
    /// A version of Python's packages, in the color that PEP 440 gives it.
    Pep440,
    /// A number as it is written.
    Number,
    /// A number with one decimal: `4.0`.
    OneDecimal,
    /// A number as `1.2k`, `34M`.
    Metric,
    /// A number and `%`.
    Percent,
    /// A number without decimals and `%`.
    WholePercent,
    /// A number of bytes as `1.2 kB`, `34 MB`, with decimal prefixes.
    Bytes,
    /// A number of bytes as `1.2 kB`, `34.5 MB`, as shields writes it.
    Size,
    /// A number of bytes as `1.2 KiB`, `34.5 MiB`, as shields writes it.
    SizeIec,
    /// `2026-11-21`, from RFC 3339, a text that begins so, or seconds or milliseconds since 1970.
    Date,
    /// `yesterday`, `last monday`, `november 2025`, from the same values as [`Self::Date`].
    RelativeDate,
    /// A rating of five as `★★★½☆`.
    Stars,
    /// A whole number as `2ⁿᵈ`.
    Ordinal,
    /// The name of a license, in the color of its kind.
    License,
    /// The status of a build, in its color.
    Build,
}

/// A value as a badge shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ShownValue {
    pub(crate) text: String,
    /// The value as a number, for a color scale: for a date, the days since then; 0 if it is not a number.
    pub(crate) number: f64,
    /// The color that the format gives it.
    pub(crate) color: Option<&'static str>,
}

impl ValueFormat {
    /// Whether values in this format have numbers for a color scale.
    pub(crate) const fn has_number(self) -> bool {
        match self {
            Self::Number | Self::OneDecimal | Self::Metric | Self::Percent | Self::WholePercent => true,
            Self::Bytes | Self::Size | Self::SizeIec | Self::Stars | Self::Ordinal => true,
            Self::Date | Self::RelativeDate => true,
            Self::Text | Self::Version | Self::Pep440 | Self::License | Self::Build => false,
        }
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Version => "version",
            Self::Pep440 => "pep440",
            Self::Number => "number",
            Self::OneDecimal => "one-decimal",
            Self::Metric => "metric",
            Self::Percent => "percent",
            Self::WholePercent => "whole-percent",
            Self::Bytes => "bytes",
            Self::Size => "size",
            Self::SizeIec => "size-iec",
            Self::Date => "date",
            Self::RelativeDate => "relative-date",
            Self::Stars => "stars",
            Self::Ordinal => "ordinal",
            Self::License => "license",
            Self::Build => "build",
        }
    }

    /// The value in this format; `None` if the format does not allow such a value. `now` is in seconds since 1970.
    pub(crate) fn show(self, value: &Value, now: u64) -> Option<ShownValue> {
        let shown = |text: String, number: f64| Some(ShownValue { text, number, color: None });
        match self {
            Self::Text => shown(text(value)?, 0.0),
            Self::Version => shown(version(value)?, 0.0),
            Self::Pep440 => {
                let version = version(value).filter(|version| !version.contains(char::is_whitespace))?;
                let color = Some(order::pep440_color(&version));
                Some(ShownValue { text: version, number: 0.0, color })
            }
            Self::Number => shown(text(value)?, format::number(value)?),
            Self::OneDecimal => format::number(value).and_then(|number| shown(format::one_decimal(number), number)),
            Self::Metric => format::number(value).and_then(|number| shown(format::metric(number), number)),
            Self::Percent => format::number(value).and_then(|number| shown(format::percent(number), number)),
            Self::WholePercent => format::number(value).and_then(|number| shown(format::whole_percent(number), number)),
            Self::Bytes | Self::Size | Self::SizeIec => {
                let number = format::number(value).filter(|number| *number >= 0.0)?;
                let text = match self {
                    Self::Size => format::size(number, SizeUnits::Metric),
                    Self::SizeIec => format::size(number, SizeUnits::Iec),
                    _ => format::bytes(number),
                };
                shown(text, number)
            }
            Self::Date => shown(format::date(value)?, days(format::unix_seconds(value)?, now)),
            Self::RelativeDate => {
                let seconds = format::unix_seconds(value)?;
                shown(format::relative_date(seconds, now), days(seconds, now))
            }
            Self::Stars => {
                let number = format::number(value).filter(|number| (0.0..=MOST_STARS as f64).contains(number))?;
                shown(format::stars(number, MOST_STARS), number)
            }
            Self::Ordinal => {
                let number = format::number(value).filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
                shown(format::ordinal(number as u64), number)
            }
            Self::License => Some(colored(format::license(&[&text(value).filter(|_| value.is_string())?]))),
            Self::Build => format::build_status(&text(value)?.to_lowercase()).map(colored),
        }
    }
}

fn colored(format::ColoredText { text, color }: format::ColoredText) -> ShownValue {
    ShownValue { text, number: 0.0, color: Some(color) }
}

/// How many whole days ago a moment was.
fn days(seconds: i64, now: u64) -> f64 {
    (i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(seconds) / SECONDS_PER_DAY) as f64
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
    let version = text(value).filter(|_| value.is_string())?;
    let bare = version.strip_prefix(['v', 'V']).filter(|bare| bare.starts_with(|first: char| first.is_ascii_digit()));
    Some(bare.unwrap_or(&version).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-21, 12:00.
    const NOON: u64 = 1_795_262_400;

    fn check(format: ValueFormat, rows: &[(Value, &str)]) {
        for (value, expected) in rows {
            let shown = format.show(value, NOON).map_or_else(|| "nothing".to_owned(), |shown| shown.text);
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
            (json!("1.2 BETA"), "1.2 BETA"),
            (json!("v1.4 (stable)"), "1.4 (stable)"),
            (json!("Version 2.0"), "Version 2.0"),
            (json!("1.0\nbeta"), "nothing"),
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
        check(
            ValueFormat::Pep440,
            &[(json!("v1.0rc1"), "1.0rc1"), (json!("1.0 rc"), "nothing"), (json!(1), "nothing")],
        );
        check(ValueFormat::Number, &[(json!(0.0625), "0.0625"), (json!("12"), "12"), (json!("12 km"), "nothing")]);
        check(
            ValueFormat::OneDecimal,
            &[(json!(4), "4.0"), (json!("4.26"), "4.3"), (json!(4.25), "4.3"), (json!(true), "nothing")],
        );
        check(ValueFormat::WholePercent, &[(json!(91.5), "92%"), (json!("99.6"), "100%"), (json!("all"), "nothing")]);
        check(ValueFormat::Size, &[(json!(12_345), "12.3 kB"), (json!(-1), "nothing")]);
        check(ValueFormat::SizeIec, &[(json!(12_345), "12.1 KiB"), (json!(-1), "nothing")]);
        check(ValueFormat::RelativeDate, &[(json!("2026-11-20T12:00:00Z"), "yesterday"), (json!(true), "nothing")]);
        check(ValueFormat::Stars, &[(json!(3.5), "★★★½☆"), (json!("4"), "★★★★☆"), (json!(5.1), "nothing")]);
        check(ValueFormat::Ordinal, &[(json!(2), "2ⁿᵈ"), (json!(2.5), "nothing"), (json!(-1), "nothing")]);
        check(ValueFormat::License, &[(json!("MIT"), "MIT"), (json!(1), "nothing"), (json!(["MIT"]), "nothing")]);
        check(ValueFormat::Build, &[(json!("SUCCESS"), "passing"), (json!("fantastic"), "nothing")]);
    }

    #[test]
    fn a_date_has_its_age_in_days_for_a_scale() {
        let days = |text: &str| ValueFormat::Date.show(&json!(text), NOON).unwrap().number;
        assert_eq!(["2026-11-20T12:00:01Z", "2026-11-20T12:00:00Z", "2026-11-22"].map(days), [0.0, 1.0, 0.0]);
    }
}
