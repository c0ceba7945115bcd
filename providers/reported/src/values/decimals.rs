//! Numbers: which are accepted, and how they are written with a number of decimals.

use serde_json::Value;

/// The largest number, and the same number in words. It has a metric prefix, and a chart can show it.
pub(crate) const LARGEST: f64 = 1e18;
const PREFIXES: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
const BINARY_PREFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A number that is not too large.
pub(crate) fn bounded(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.abs() <= LARGEST)
}

/// The number in a text of digits with an optional sign and decimals.
pub(crate) fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    text.parse().ok().filter(|_| is_plain).and_then(bounded)
}

/// The number as JSON, without a fraction if it has none.
pub(crate) fn json_number(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

/// The number with exactly this many decimals.
pub(crate) fn fixed(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    // -0.00 is written as 0.00.
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// Like [`fixed`], but rounded towards zero, so that 99.99 is not shown as 100.
pub(crate) fn truncated(number: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or_default());
    // 57.3 × 10 is a little less than 573 in binary, and must not be truncated to 572.
    fixed((number * scale + number.signum() * 1e-6).trunc() / scale, decimals)
}

/// The digits with this many decimals, and the prefix of the largest power of 1000, or 1024, that leaves a number of at
/// least 1.
pub(crate) fn scaled(number: f64, decimals: usize, is_binary: bool) -> (String, &'static str) {
    let (step, prefixes) = if is_binary { (1024.0, BINARY_PREFIXES) } else { (1000.0, PREFIXES) };
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or_default());
    let mut scaled = number;
    let mut prefixes = prefixes.into_iter();
    let mut prefix = prefixes.next().unwrap_or_default();
    // 999.96 with one decimal is 1.0 of the next prefix.
    while (scaled.abs() * scale).round() >= step * scale {
        let Some(next) = prefixes.next() else { break };
        (scaled, prefix) = (scaled / step, next);
    }
    (fixed(scaled, decimals), prefix)
}
