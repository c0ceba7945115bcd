//! Units: those of bytes and of durations, in which a number may be given, and words that are written after a number.

use super::{
    decimals::{bounded, plain_number},
    kind::Kind,
};

/// The longest unit, in bytes.
const LONGEST_UNIT: usize = 32;
/// The units of bytes.
const BYTES: [(&str, f64); 12] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("PB", 1e15),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("PiB", 1_125_899_906_842_624.0),
];
/// The units of durations, in milliseconds.
const DURATIONS: [(&str, f64); 5] = [("ms", 1.0), ("s", 1e3), ("min", 60e3), ("h", 3600e3), ("d", 86_400e3)];

/// The requirement on the unit of a kind, in words.
pub(crate) const fn unit_must(kind: Kind) -> &'static str {
    match kind {
        Kind::Bytes => "must be B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB for bytes",
        Kind::Duration => "must be ms, s, min, h or d for a duration",
        Kind::Metric | Kind::Text => "must be a text of at most 32 bytes, not blank, without control characters",
        Kind::Percent | Kind::Version => "must be absent, because percent and version have none",
    }
}

/// Whether values of this kind can have this unit.
pub(crate) fn is_unit(kind: Kind, unit: &str) -> bool {
    match kind {
        Kind::Bytes | Kind::Duration => factor(kind, unit).is_some(),
        Kind::Metric | Kind::Text => {
            !unit.trim().is_empty() && unit.len() <= LONGEST_UNIT && !unit.contains(char::is_control)
        }
        Kind::Percent | Kind::Version => false,
    }
}

/// Whether both kinds have the same units.
pub(crate) const fn has_units_of(kind: Kind, other: Kind) -> bool {
    match kind {
        Kind::Bytes => matches!(other, Kind::Bytes),
        Kind::Duration => matches!(other, Kind::Duration),
        Kind::Metric | Kind::Text => matches!(other, Kind::Metric | Kind::Text),
        Kind::Percent | Kind::Version => false,
    }
}

/// How many bytes or milliseconds a unit is; `None` for any other text.
pub(crate) fn factor(kind: Kind, unit: &str) -> Option<f64> {
    let units = match kind {
        Kind::Bytes => &BYTES[..],
        Kind::Duration => &DURATIONS,
        _ => return None,
    };
    units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)
}

/// Whether a unit of bytes is a multiple of 1024.
pub(crate) fn is_binary(unit: &str) -> bool {
    unit.ends_with("iB")
}

/// A number with or without a unit of its kind, such as `80`, `80%` or `1.5MB`. A size is returned in bytes, a duration
/// in milliseconds.
pub(crate) fn measured(kind: Kind, text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number = plain_number(number)?;
    match unit.trim_start() {
        "" => Some(number),
        "%" if kind == Kind::Percent => Some(number),
        unit => bounded(number * factor(kind, unit)?),
    }
}
