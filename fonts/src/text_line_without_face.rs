//! The replacement for `TextLine` without the feature `faces`: a type that has no values.

use crate::face::Face;
use crate::no_added_faces::AddedFaces;
use crate::outline::{Glyph, OutlineSegment};

/// A text laid out in the bundled font. Without the feature `faces` there is none.
#[derive(Clone, Debug)]
pub enum TextLine {}

impl TextLine {
    /// Always `None`, because no font is compiled in.
    pub fn new(_face: Face, _text: &str) -> Option<Self> {
        None
    }

    /// Always `None`, because no font is compiled in.
    pub fn with_faces(_face: Face, _text: &str, _faces: &AddedFaces) -> Option<Self> {
        None
    }

    /// The same line, spaced to be `width` pixels wide.
    #[must_use]
    pub fn fitted(self, _width: f64) -> Self {
        match self {}
    }

    /// The font that the text is laid out for.
    pub fn face(&self) -> Face {
        match *self {}
    }

    /// The width of the text, in pixels.
    pub fn width(&self) -> f64 {
        match *self {}
    }

    /// The glyphs and their positions.
    pub fn glyphs(&self) -> &[Glyph] {
        match *self {}
    }

    /// Passes each segment of a glyph's outline to `follow`, relative to the glyph's origin.
    pub fn trace(&self, _glyph: Glyph, _follow: impl FnMut(OutlineSegment)) {
        match *self {}
    }
}
