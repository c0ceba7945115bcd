//! Without a face no text can be laid out; there is no value of this `Line`.

use crate::{Face, Glyph, Segment};

/// A laid out text, which the feature `faces` would make.
#[derive(Clone, Debug)]
pub enum Line {}

impl Line {
    /// `None`: no face is compiled in.
    pub fn new(_face: Face, _text: &str, _letter_spacing: f32) -> Option<Self> {
        None
    }

    /// How wide the text is, in pixels.
    pub fn width(&self) -> f64 {
        match *self {}
    }

    /// Where its glyphs stand.
    pub fn glyphs(&self) -> &[Glyph] {
        match *self {}
    }

    /// Follows the outline of one of the line's glyphs, relative to the glyph's origin.
    pub fn trace(&self, _glyph: Glyph, _follow: impl FnMut(Segment)) {
        match *self {}
    }
}
