//! Numbers, sizes and durations as tools write them.

use serde_json::Value;

/// The units of bytes as tools write them, and as the server reads them.
const BYTES: [(&str, Option<&str>); 13] = [
    ("b", None),
    ("byte", None),
    ("bytes", None),
    ("kb", Some("kB")),
    ("mb", Some("MB")),
    ("gb", Some("GB")),
    ("tb", Some("TB")),
    ("pb", Some("PB")),
    ("kib", Some("KiB")),
    ("mib", Some("MiB")),
    ("gib", Some("GiB")),
    ("tib", Some("TiB")),
    ("pib", Some("PiB")),
];
/// The units of durations in milliseconds, the largest first.
const DURATIONS: [(&str, f64); 10] = [
    ("d", 86_400e3),
    ("h", 3600e3),
    ("min", 60e3),
    ("m", 60e3),
    ("sec", 1e3),
    ("s", 1e3),
    ("ms", 1.0),
    ("us", 1e-3),
    ("\u{b5}s", 1e-3),
    ("ns", 1e-6),
];

/// The number as JSON: digits with perhaps a sign and decimals. A whole number keeps all its digits.
pub(super) fn json_number(text: &str) -> Option<Value> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let number = text.parse::<f64>().ok().filter(|_| is_plain)?;
    Some(text.parse::<i64>().map_or_else(|_| Value::from(number), Value::from))
}

/// The number at the beginning of a text, and the rest of the text.
pub(super) fn split_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-')).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((number, rest.trim_start()))
}

/// The unit as the server reads it: none for single bytes. `MB` and `mb` are bytes, and `Mb` is not.
pub(super) fn byte_unit(written: &str) -> Option<Option<&'static str>> {
    let lower = written.to_ascii_lowercase();
    let is_bytes = written.ends_with('B') || written == lower;
    BYTES.into_iter().find(|(name, _)| is_bytes && *name == lower).map(|(_, unit)| unit)
}

/// A duration such as `3m 20s` in milliseconds: each unit once, the largest first.
pub(super) fn milliseconds(text: &str) -> Option<Value> {
    let (mut rest, mut sum, mut largest) = (text, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let (number, unit_and_rest) = split_number(rest)?;
        let end = unit_and_rest.find(|c: char| !c.is_alphabetic()).unwrap_or(unit_and_rest.len());
        let (unit, behind) = unit_and_rest.split_at_checked(end)?;
        let (_, factor) = DURATIONS.into_iter().find(|(name, factor)| *name == unit && *factor < largest)?;
        let number = json_number(number)?.as_f64().filter(|number| *number >= 0.0)?;
        (sum, largest, rest) = (sum + number * factor, factor, behind.trim_start());
    }
    // Rounded, since 1.1 s is 1100 ms, but the product of the binary numbers is a little more.
    let sum = (sum * 1e6).round() / 1e6;
    Some(if sum.fract() == 0.0 { Value::from(sum as i64) } else { Value::from(sum) })
}
