//! A text of a badge with its width and its XML.

use std::borrow::Cow;

use badgesmith_fonts::{AddedFaces, Face, TextLine, width};

use crate::scale::QuarterPixels;
use crate::text::{PreparedText, escaped};

/// How a style computes a text's width from the widths of its characters.
#[derive(Clone, Copy)]
pub(crate) enum TextWidth {
    /// In whole pixels, made odd so that there is a middle pixel; badge-maker's `preferredWidthOf`.
    Odd,
    /// In whole pixels, with this additional space for each letter. badge-maker counts letters as JavaScript does, in
    /// UTF-16 code units.
    Spaced(QuarterPixels),
}

/// A text as it is measured and as it is written into an SVG.
pub(crate) struct MeasuredText<'a> {
    pub(crate) plain: &'a str,
    pub(crate) xml: Cow<'a, str>,
    /// The width, in pixels. It is the same whether the text is drawn as text or as outlines.
    pub(crate) width: f64,
    /// The width in whole quarter pixels.
    pub(crate) quarters: QuarterPixels,
    /// The laid out text, if it is drawn as outlines.
    pub(crate) line: Option<Box<TextLine>>,
    face: Face,
}

impl<'a> MeasuredText<'a> {
    /// A text with exactly the width of its characters.
    pub(crate) fn new(plain: &'a str, face: Face) -> Self {
        let width = width(face, plain);
        Self { plain, xml: escaped(plain), width, quarters: (4.0 * width) as i64, line: None, face }
    }

    /// A text with the width that a style gives it.
    #[inline(always)]
    pub(crate) fn of_style(text: &'a PreparedText, face: Face, rule: TextWidth) -> Self {
        let plain = text.plain.as_ref();
        let whole = width(face, plain) as i64;
        let quarters = match rule {
            TextWidth::Odd => 4 * (whole | 1),
            TextWidth::Spaced(space) => {
                let letters = plain.chars().map(char::len_utf16).sum::<usize>() as i64;
                4 * whole + space * letters
            }
        };
        Self { plain, xml: text.xml(), width: quarters as f64 / 4.0, quarters, line: None, face }
    }

    /// The same text, to be drawn as text.
    pub(crate) fn as_text(&self) -> MeasuredText<'_> {
        MeasuredText { xml: Cow::Borrowed(&self.xml), line: None, ..*self }
    }

    /// The same text, to be drawn as outlines. If `is_fitted`, the outlines are fitted to the text's width, like a text
    /// with a `textLength`; otherwise they have their own width.
    pub(crate) fn outlined(self, is_fitted: bool, faces: &AddedFaces) -> Self {
        let line = if self.is_empty() { None } else { TextLine::with_faces(self.face, self.plain, faces) };
        let line = line.map(|line| if is_fitted { line.fitted(self.width) } else { line });
        Self { line: line.map(Box::new), ..self }
    }

    /// The width in whole pixels.
    pub(crate) fn pixels(&self) -> i64 {
        self.quarters >> 2
    }

    /// The width in quarter pixels.
    pub(crate) fn quarters(&self) -> QuarterPixels {
        self.quarters
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}
