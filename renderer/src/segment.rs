//! Further sections of a badge, right of the message, each with a text and a colour of its own.

use crate::color::Color;

/// The separator between message and segments where they form one text: in the accessible name, in social, in JSON.
pub(crate) const SEPARATOR: &str = " | ";

/// A section right of the message that is drawn like the message. It has no link. If its text is blank, it is not
/// drawn.
///
/// ```
/// use badgesmith_renderer::{BadgeSegment, Color, ResolvedBadge, svg};
///
/// let segments = vec![BadgeSegment { text: "2 failed".into(), color: Color::RED }];
/// let badge = ResolvedBadge { segments, ..ResolvedBadge::new("tests", "188 passed") };
/// assert!(svg(&badge).contains(r#"aria-label="tests: 188 passed | 2 failed""#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeSegment {
    /// The text.
    pub text: String,
    /// The background.
    pub color: Color,
}
