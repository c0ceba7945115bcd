//! Numbers: with a metric prefix, as a percentage, a size, a rating, or a rank.

use serde_json::Value;

/// Numbers of at least this size have no metric prefix, and are not shown.
const LARGEST_NUMBER: f64 = 1e27;

/// Reads a JSON value as a number: it may be a number, or a text that contains nothing but a number, as some upstreams
/// write all numbers.
///
/// None for any other value, and for a number that has no metric prefix because it is too large.
///
/// ```
/// use badgesmith_provider::format::number;
/// use serde_json::json;
///
/// assert_eq!(number(&json!(12.5)), Some(12.5));
/// assert_eq!(number(&json!("1234")), Some(1234.0));
/// assert_eq!(number(&json!("1,234")), None);
/// ```
pub fn number(value: &Value) -> Option<f64> {
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

/// Up to three digits and a metric prefix; one decimal only after a single digit.
///
/// ```
/// use badgesmith_provider::format::metric;
///
/// assert_eq!([999.0, 1250.0, 12_345.0, 999_500.0].map(metric), ["999", "1.3k", "12k", "1M"]);
/// ```
pub fn metric(number: f64) -> String {
    let (digits, prefix) = scaled(number);
    format!("{digits}{prefix}")
}

/// A number of bytes with up to three digits: [`metric`] with a blank and the unit `B`.
///
/// ```
/// assert_eq!(badgesmith_provider::format::bytes(12_345.0), "12 kB");
/// ```
pub fn bytes(number: f64) -> String {
    let (digits, prefix) = scaled(number.round());
    format!("{digits} {prefix}B")
}

/// The units of a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeUnits {
    /// Multiples of 1000: `kB`, `MB`.
    Metric,
    /// Multiples of 1024: `KiB`, `MiB`.
    Iec,
}

/// A number of bytes with at most one decimal, in the largest unit that leaves at least one.
///
/// It is the form of shields' badges for sizes. The thousands before the next unit have a comma.
///
/// ```
/// use badgesmith_provider::format::{SizeUnits, size};
///
/// assert_eq!(size(12_345.0, SizeUnits::Metric), "12.3 kB");
/// assert_eq!(size(12_345.0, SizeUnits::Iec), "12.1 KiB");
/// assert_eq!(size(1_047_552.0, SizeUnits::Iec), "1,023 KiB");
/// ```
pub fn size(bytes: f64, units: SizeUnits) -> String {
    let (step, names) = match units {
        SizeUnits::Metric => (1000.0, ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]),
        SizeUnits::Iec => (1024.0, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]),
    };
    let mut scaled = bytes.abs();
    let mut names = names.into_iter();
    let mut name = names.next().unwrap_or_default();
    while scaled >= step {
        let Some(next) = names.next() else { break };
        (scaled, name) = (scaled / step, next);
    }
    let mut digits = at_most_one_decimal(scaled);
    if let Some(thousands) = digits.find('.').unwrap_or(digits.len()).checked_sub(3).filter(|at| *at > 0) {
        digits.insert(thousands, ',');
    }
    let sign = if bytes < 0.0 { "-" } else { "" };
    format!("{sign}{digits} {name}")
}

/// A number with one decimal, rounded to the nearest, and up where two are equally near.
///
/// ```
/// use badgesmith_provider::format::one_decimal;
///
/// assert_eq!([4.0, 4.25, 4.26].map(one_decimal), ["4.0", "4.3", "4.3"]);
/// ```
pub fn one_decimal(number: f64) -> String {
    // Of the numbers halfway between two tenths, only quarters are exact in binary, and `format!` rounds these to the
    // even digit.
    let number = if number.fract() == 0.25 { number + 0.05 } else { number };
    format!("{number:.1}")
}

/// A percentage with at most one decimal, rounded towards zero, so that 99.99 is not shown as `100%`.
///
/// ```
/// use badgesmith_provider::format::percent;
///
/// assert_eq!([91.25, 99.99, 80.0].map(percent), ["91.2%", "99.9%", "80%"]);
/// ```
pub fn percent(number: f64) -> String {
    // 57.3 × 10 is a little less than 573 in binary, and must not be truncated to 572.
    let tenths = (number * 10.0 + number.signum() * 1e-6).trunc();
    format!("{}%", at_most_one_decimal(if tenths == 0.0 { 0.0 } else { tenths / 10.0 }))
}

/// A percentage without decimals, rounded to the nearest, as most of shields' badges show one.
///
/// ```
/// use badgesmith_provider::format::whole_percent;
///
/// assert_eq!([91.25, 99.5, -0.2].map(whole_percent), ["91%", "100%", "0%"]);
/// ```
pub fn whole_percent(number: f64) -> String {
    let rounded = number.round();
    format!("{}%", if rounded == 0.0 { 0.0 } else { rounded })
}

/// A rating as full stars, at most one part of a star, and empty stars, `of` in all.
///
/// The part is rounded to a quarter. A rating above `of` has as many full stars as it says, but never more than 100.
///
/// ```
/// use badgesmith_provider::format::stars;
///
/// assert_eq!([4.9, 3.7, 2.566, 2.2, 3.0].map(|rating| stars(rating, 5)), ["★★★★★", "★★★¾☆", "★★½☆☆", "★★¼☆☆", "★★★☆☆"]);
/// ```
pub fn stars(rating: f64, of: usize) -> String {
    let rating = if rating.is_finite() { rating.clamp(0.0, 100.0) } else { 0.0 };
    let full = rating.floor();
    let part = match rating - full {
        part if part >= 0.875 => "★",
        part if part >= 0.625 => "¾",
        part if part >= 0.375 => "½",
        part if part >= 0.125 => "¼",
        _ => "",
    };
    let full = full as usize;
    let empty = of.min(100).saturating_sub(full + part.chars().count());
    format!("{}{part}{}", "★".repeat(full), "☆".repeat(empty))
}

/// A rank: `1ˢᵗ`, `2ⁿᵈ`, `11ᵗʰ`.
///
/// ```
/// use badgesmith_provider::format::ordinal;
///
/// assert_eq!([2, 11, 23, 131].map(ordinal), ["2ⁿᵈ", "11ᵗʰ", "23ʳᵈ", "131ˢᵗ"]);
/// ```
pub fn ordinal(rank: u64) -> String {
    let ending = match (rank % 100, rank % 10) {
        (11..=13, _) => "ᵗʰ",
        (_, 1) => "ˢᵗ",
        (_, 2) => "ⁿᵈ",
        (_, 3) => "ʳᵈ",
        _ => "ᵗʰ",
    };
    format!("{rank}{ending}")
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
    let digits =
        if prefix.is_empty() || scaled < 10.0 { at_most_one_decimal(scaled) } else { scaled.round().to_string() };
    let sign = if number < 0.0 && digits != "0" { "-" } else { "" };
    (format!("{sign}{digits}"), prefix)
}

/// At most one decimal.
fn at_most_one_decimal(number: f64) -> String {
    let text = one_decimal(number);
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(show: impl Fn(f64) -> String, rows: &[(Value, &str)]) {
        for (value, expected) in rows {
            let shown = number(value).map_or_else(|| "nothing".to_owned(), &show);
            assert_eq!(shown, *expected, "{value}");
        }
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
            (json!(1250), "1.3k"),
            (json!(1750), "1.8k"),
            (json!(9999), "10k"),
            (json!(10_100), "10k"),
            (json!(12_345), "12k"),
            (json!(999_499), "999k"),
            (json!(999_500), "1M"),
            (json!(3_400_000), "3.4M"),
            (json!(-1200), "-1.2k"),
            (json!(12_345_678_901_u64), "12G"),
            (json!(9_949_999_999_999_u64), "9.9T"),
            (json!(9_950_000_000_001_u64), "10T"),
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
        check(metric, &rows);
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
            (json!("1 kB"), "nothing"),
        ];
        check(bytes, &rows);
    }

    #[test]
    fn a_size_has_one_decimal_in_whatever_unit() {
        let rows = [
            (0.0, "0 B", "0 B"),
            (999.0, "999 B", "999 B"),
            (1000.0, "1 kB", "1,000 B"),
            (1023.0, "1 kB", "1,023 B"),
            (1250.0, "1.3 kB", "1.2 KiB"),
            (123_456.0, "123.5 kB", "120.6 KiB"),
            (999_960.0, "1,000 kB", "976.5 KiB"),
            (34_000_000.0, "34 MB", "32.4 MiB"),
            (5e26, "500 YB", "413.6 YiB"),
            (-1500.0, "-1.5 kB", "-1.5 KiB"),
        ];
        for (bytes, metric, iec) in rows {
            assert_eq!(size(bytes, SizeUnits::Metric), metric, "{bytes}");
            assert_eq!(size(bytes, SizeUnits::Iec), iec, "{bytes}");
        }
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
        check(percent, &rows);
    }

    #[test]
    fn a_rating_of_any_size_has_a_bounded_number_of_stars() {
        let rows = [(0.0, "☆☆☆☆☆"), (0.9, "★☆☆☆☆"), (-3.0, "☆☆☆☆☆"), (f64::NAN, "☆☆☆☆☆"), (6.0, "★★★★★★")];
        for (rating, expected) in rows {
            assert_eq!(stars(rating, 5), expected, "{rating}");
        }
        assert_eq!(stars(1e300, usize::MAX).chars().count(), 100);
        assert_eq!(stars(2.0, 4), "★★☆☆");
    }
}
