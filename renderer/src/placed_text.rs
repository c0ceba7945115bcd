//! A text as outlines at its position in a badge, in hundredths of a pixel.

use badgesmith_fonts::TextLine;

/// A laid out text, its position and its colours.
#[derive(Clone, Copy)]
pub(crate) struct PlacedText<'a> {
    pub(crate) line: &'a TextLine,
    /// The start of the line.
    pub(crate) x: i64,
    pub(crate) baseline: i64,
    pub(crate) fill: &'static str,
    /// The colour of the shadow, or of social's edge; empty in styles that have neither.
    pub(crate) shadow: &'static str,
}

/// Where a line starts whose middle is at `middle`.
pub(crate) fn centered_start(line: &TextLine, middle: i64) -> i64 {
    middle - (50.0 * line.width()).round() as i64
}
