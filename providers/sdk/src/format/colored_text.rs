//! A text with the color that goes with it.

use crate::step::Badge;

/// The message of a badge, and the color that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColoredText {
    /// The message.
    pub text: String,
    /// The name of the color.
    pub color: &'static str,
}

impl ColoredText {
    /// A text and its color.
    pub fn new(text: impl Into<String>, color: &'static str) -> Self {
        Self { text: text.into(), color }
    }
}

/// A badge with this message and color that leaves the rest to the manifest.
impl From<ColoredText> for Badge {
    fn from(ColoredText { text, color }: ColoredText) -> Self {
        Self::new(text).color(color)
    }
}
