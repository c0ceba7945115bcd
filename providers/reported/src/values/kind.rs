//! The kinds of values, which determine how a value is written.

/// How a value is written; chosen by `as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number as `1.2k`, with an optional unit after it.
    Metric,
    /// A number of bytes as `1.2 MB` or `1.2 MiB`.
    Bytes,
    /// A number and `%`.
    Percent,
    /// A number of milliseconds as `2m 13s`.
    Duration,
    /// A text without its leading `v`, in the color of a version.
    Version,
    /// A text or a number, unchanged.
    Text,
}

/// The values of `as`, in words.
pub(crate) const KINDS: &str = "metric, bytes, percent, duration, version or text";
/// The kinds of numbers, in words.
pub(crate) const NUMERIC_KINDS: &str = "metric, bytes, percent, duration or text";
const NAMES: [(&str, Kind); 6] = [
    ("metric", Kind::Metric),
    ("bytes", Kind::Bytes),
    ("percent", Kind::Percent),
    ("duration", Kind::Duration),
    ("version", Kind::Version),
    ("text", Kind::Text),
];

impl Kind {
    /// The kind with this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        NAMES.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether its values can only be numbers.
    pub(crate) const fn is_numeric(self) -> bool {
        matches!(self, Self::Metric | Self::Bytes | Self::Percent | Self::Duration)
    }
}
