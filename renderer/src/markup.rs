//! Appending markup to a buffer without the formatting machinery, which is most of what drawing would cost.

use crate::id::IdSuffix;

/// A number of quarter pixels: for-the-badge spaces its letters by 1¼.
pub(crate) type Quarters = i64;

/// The buffer a badge is drawn into. What is given as text must already be escaped.
pub(crate) struct Markup<'a>(&'a mut String);

impl<'a> Markup<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        Self(out)
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.0.push_str(itoa::Buffer::new().format(number));
        self
    }

    /// Never negative here, so the whole part and the fraction can be written one after the other.
    pub(crate) fn quarters(&mut self, quarters: Quarters) -> &mut Self {
        self.number(quarters / 4).text(match quarters % 4 {
            1 => ".25",
            2 => ".5",
            3 => ".75",
            _ => "",
        })
    }

    pub(crate) fn letter(&mut self, letter: char) -> &mut Self {
        self.0.push(letter);
        self
    }

    pub(crate) fn id(&mut self, letter: char, suffix: &IdSuffix) -> &mut Self {
        self.letter(letter).text(suffix.as_str())
    }
}
