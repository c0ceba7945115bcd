//! A text of a badge with its width and its XML.

use std::borrow::Cow;

use badgesmith_fonts::{AddedFaces, Face, TextLine, width};

use crate::text::escaped;

/// A text as it is measured and as it is written into an SVG.
pub(crate) struct MeasuredText<'a> {
    pub(crate) plain: &'a str,
    pub(crate) xml: Cow<'a, str>,
    /// The laid out text, if it is drawn as outlines.
    pub(crate) line: Option<TextLine>,
    face: Face,
}

impl<'a> MeasuredText<'a> {
    pub(crate) fn new(plain: &'a str, face: Face) -> Self {
        Self { plain, xml: escaped(plain), line: None, face }
    }

    /// The same text, to be drawn as outlines with `letter_spacing` pixels between its letters.
    pub(crate) fn outlined(self, letter_spacing: f32, faces: &AddedFaces) -> Self {
        let line = || TextLine::with_faces(self.face, self.plain, letter_spacing, faces);
        let line = if self.is_empty() { None } else { line() };
        Self { line, ..self }
    }

    /// The width, in pixels.
    pub(crate) fn width(&self) -> f64 {
        self.line.as_ref().map_or_else(|| width(self.face, self.plain), TextLine::width)
    }

    /// The width in whole pixels, made odd so that there is a middle pixel; badge-maker's `preferredWidthOf`.
    pub(crate) fn odd_width(&self) -> i64 {
        self.width() as i64 | 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}
