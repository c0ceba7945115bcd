//! Appending markup to a buffer without the formatting machinery, which is most of what drawing would cost.

pub(crate) mod frame;
pub(crate) mod outline;

use std::ops::Range;

/// A number of quarter pixels: for-the-badge spaces its letters by 1¼.
pub(crate) type Quarters = i64;

/// The buffer a badge is drawn into. What is given as text must already be escaped.
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

    /// Never negative here, so the whole part and the fraction can be written one after the other.
    pub(crate) fn quarters(&mut self, quarters: Quarters) -> &mut Self {
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

    pub(crate) fn id(&mut self, letter: char, suffix: &str) -> &mut Self {
        self.letter(letter).text(suffix)
    }

    /// Where what comes next will stand.
    pub(crate) fn place(&self) -> usize {
        self.0.len()
    }

    /// Writes what stands between two places once more, which is one copy for many.
    pub(crate) fn again(&mut self, places: Range<usize>) -> &mut Self {
        if self.0.get(places.clone()).is_some() {
            self.0.extend_from_within(places);
        }
        self
    }
}
