//! A text laid out in the bundled font, and its outlines.

use ab_glyph::{OutlineCurve, Point};

#[cfg(feature = "added-faces")]
use crate::added_faces::AddedFaces;
use crate::face::Face;
use crate::line_layout::LineLayout;
#[cfg(not(feature = "added-faces"))]
use crate::no_added_faces::AddedFaces;
use crate::outline::{Glyph, OutlineSegment};
use crate::typeface::{self, UNITS_PER_EM};

/// A text laid out in the bundled font. It can be drawn without an installed font: [`trace`](Self::trace) gives its
/// outlines.
///
/// ```
/// use badgesmith_fonts::{Face, TextLine};
///
/// let width = |text| TextLine::new(Face::Verdana11, text).map(|line| line.width());
/// assert!(width("AV").unwrap() < width("A").unwrap() + width("V").unwrap());
/// ```
#[derive(Clone, Debug)]
pub struct TextLine {
    face: Face,
    width: f64,
    glyphs: Vec<Glyph>,
    /// The number of letters, that is of glyphs that are not combining marks.
    letters: u16,
    #[cfg_attr(not(feature = "added-faces"), expect(dead_code, reason = "there are no faces to ask"))]
    faces: AddedFaces,
}

impl TextLine {
    /// Lays out `text` as a browser does in SVG, in a left-to-right paragraph: white space is collapsed, right-to-left
    /// runs are reordered, Arabic letters are shaped, and combining marks are placed on their letters. A character that
    /// the font lacks becomes a box. `None` without the feature `faces`, which compiles the font in.
    pub fn new(face: Face, text: &str) -> Option<Self> {
        Self::with_faces(face, text, &AddedFaces::default())
    }

    /// As [`new`](Self::new); characters that the bundled font lacks are drawn with the first added face that has them.
    pub fn with_faces(face: Face, text: &str, faces: &AddedFaces) -> Option<Self> {
        let LineLayout { glyphs, letters, x, .. } =
            LineLayout::of(text, typeface::of(face)?, hundredths_per_unit(face), faces);
        let width = f64::from(x * face.pixels() / UNITS_PER_EM);
        Some(Self { face, width, glyphs, letters, faces: faces.clone() })
    }

    /// The same line, spaced to be `width` pixels wide as SVG's `textLength` does it: the difference is distributed
    /// equally over the gaps between letters. A line of one letter has no gap and is not changed.
    ///
    /// ```
    /// use badgesmith_fonts::{Face, TextLine};
    ///
    /// let fitted = |text| TextLine::new(Face::Verdana11, text).map(|line| line.fitted(40.0).width());
    /// assert_eq!(fitted("build"), Some(40.0));
    /// assert!(fitted("b") < Some(8.0));
    /// ```
    #[must_use]
    pub fn fitted(mut self, width: f64) -> Self {
        if self.letters > 1 {
            let gap = 100.0 * (width - self.width) / f64::from(self.letters - 1);
            for glyph in &mut self.glyphs {
                glyph.x += (gap * f64::from(glyph.letter)).round() as i32;
            }
            self.width = width;
        }
        self
    }

    /// The font that the text is laid out for.
    pub fn face(&self) -> Face {
        self.face
    }

    /// The width of the text, in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The glyphs and their positions.
    pub fn glyphs(&self) -> &[Glyph] {
        &self.glyphs
    }

    /// Passes each segment of a glyph's outline to `follow`, relative to the glyph's origin.
    pub fn trace(&self, glyph: Glyph, mut follow: impl FnMut(OutlineSegment)) {
        #[cfg(feature = "added-faces")]
        if let Some(added) = glyph.added {
            if let Some(face) = self.faces.face(added) {
                let scale = self.face.pixels() * 100.0 / face.units_per_em();
                face.outline(glyph.id, scale).into_iter().for_each(follow);
            }
            return;
        }
        let Some(typeface) = typeface::of(self.face) else { return };
        let scale = hundredths_per_unit(self.face);
        let scaled = |point: Point| ((point.x * scale).round() as i32, (point.y * -scale).round() as i32);
        let mut end: Option<Point> = None;
        typeface.trace(glyph.id, |curve| {
            let start = typeface::start(&curve);
            if end != Some(start) {
                if end.is_some() {
                    follow(OutlineSegment::Close);
                }
                let (x, y) = scaled(start);
                follow(OutlineSegment::Move(x, y));
            }
            match curve {
                OutlineCurve::Line(from, to) | OutlineCurve::Cubic(from, .., to) => {
                    let (x, y) = scaled(to);
                    if scaled(from) != (x, y) {
                        follow(OutlineSegment::Line(x, y));
                    }
                    end = Some(to);
                }
                OutlineCurve::Quad(_, control, to) => {
                    let ((cx, cy), (x, y)) = (scaled(control), scaled(to));
                    follow(OutlineSegment::Quad(cx, cy, x, y));
                    end = Some(to);
                }
            }
        });
        if end.is_some() {
            follow(OutlineSegment::Close);
        }
    }
}

/// How many hundredths of a pixel a font unit is.
fn hundredths_per_unit(face: Face) -> f32 {
    face.pixels() * 100.0 / UNITS_PER_EM
}
