//! The buffer that SVG is written into. Appending strings is faster than formatting, which would dominate drawing.

pub(crate) mod dark;
pub(crate) mod document;
pub(crate) mod outline;

use std::ops::Range;

use crate::scale::QuarterPixels;

/// A buffer for markup. Text that is appended must already be escaped.
pub(crate) struct Markup<'a>(&'a mut String);

impl<'a> Markup<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        Self(out)
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.0.push_str(itoa::Buffer::new().format(number));
        self
    }

    /// Appends a number of pixels, which must not be negative.
    pub(crate) fn quarters(&mut self, quarters: QuarterPixels) -> &mut Self {
        self.number(quarters / 4);
        match quarters % 4 {
            1 => self.text(".25"),
            2 => self.text(".5"),
            3 => self.text(".75"),
            _ => self,
        }
    }

    pub(crate) fn letter(&mut self, letter: char) -> &mut Self {
        self.0.push(letter);
        self
    }

    /// Appends an id: a letter that names the element, and the badge's suffix.
    pub(crate) fn id(&mut self, letter: char, suffix: &str) -> &mut Self {
        self.letter(letter).text(suffix)
    }

    /// The position at which the next text will start.
    pub(crate) fn position(&self) -> usize {
        self.0.len()
    }

    /// Appends a copy of what is between two positions: one copy instead of many small appends.
    pub(crate) fn repeat(&mut self, positions: Range<usize>) -> &mut Self {
        if self.0.get(positions.clone()).is_some() {
            self.0.extend_from_within(positions);
        }
        self
    }
}
