//! Further halves right of the message, each with words and a colour of its own.

use std::borrow::Cow;

use crate::text::cleaned;
use crate::{Color, ResolvedBadge};

/// What stands between message and segments where they are one text: to a screen reader, in social's bubble, in JSON.
pub(crate) const SEPARATOR: &str = " | ";

/// A further half of a badge, right of the message and drawn like it. It has no link of its own; one of blanks is not drawn.
///
/// ```
/// use badgesmith_renderer::{Color, ResolvedBadge, Segment, svg};
///
/// let segments = vec![Segment { text: "2 failed".into(), color: Color::RED }];
/// let badge = ResolvedBadge { segments, ..ResolvedBadge::new("tests", "188 passed") };
/// assert!(svg(&badge).contains(r#"aria-label="tests: 188 passed | 2 failed""#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The words.
    pub text: String,
    /// What is behind them.
    pub color: Color,
}

impl ResolvedBadge {
    /// The message and all segments as one text.
    pub(crate) fn whole_message(&self) -> Cow<'_, str> {
        if self.segments.is_empty() {
            return Cow::Borrowed(&self.message);
        }
        let texts = std::iter::once(&self.message).chain(self.segments.iter().map(|segment| &segment.text));
        let texts: Vec<_> = texts.map(|text| cleaned(text)).filter(|text| !text.is_empty()).collect();
        Cow::Owned(texts.join(SEPARATOR))
    }
}
