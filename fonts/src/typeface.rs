//! The bundled font, DejaVu Sans regular and bold: glyphs, advances, kerning and outlines, in font units. Parsed at
//! first use.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, Outline, OutlineCurve, Point};

use crate::ascii_metrics::{AsciiGlyph, AsciiMetrics};
use crate::face::Face;

/// The number of font units in an em, the same in both files; a test verifies it.
pub(crate) const UNITS_PER_EM: f32 = 2048.0;

/// A bundled font file: the whole one with the feature `scripts`, otherwise the subset that `faces/small/subset.sh`
/// makes.
#[cfg(feature = "scripts")]
macro_rules! bytes {
    ($file:literal) => {
        include_bytes!(concat!("../faces/", $file))
    };
}
#[cfg(not(feature = "scripts"))]
macro_rules! bytes {
    ($file:literal) => {
        include_bytes!(concat!("../faces/small/", $file))
    };
}

/// One parsed font file.
pub(crate) struct Typeface {
    font: FontRef<'static>,
    ascii: OnceLock<AsciiMetrics>,
}

/// The bounding box of a glyph's outline, in font units, y upwards.
#[derive(Clone, Copy)]
pub(crate) struct GlyphBounds {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
    pub(crate) top: f32,
}

/// The bundled font that replaces `face`. `None` only if the bundled file cannot be parsed, which a test rules out.
pub(crate) fn of(face: Face) -> Option<&'static Typeface> {
    static REGULAR: OnceLock<Option<Typeface>> = OnceLock::new();
    static BOLD: OnceLock<Option<Typeface>> = OnceLock::new();
    let parsed = |bytes| FontRef::try_from_slice(bytes).ok().map(Typeface::new);
    if face.is_bold() {
        BOLD.get_or_init(|| parsed(bytes!("DejaVuSans-Bold.ttf"))).as_ref()
    } else {
        REGULAR.get_or_init(|| parsed(bytes!("DejaVuSans.ttf"))).as_ref()
    }
}

impl Typeface {
    fn new(font: FontRef<'static>) -> Self {
        Self { font, ascii: OnceLock::new() }
    }

    /// The cached metrics of ASCII, of which nearly all texts consist.
    pub(crate) fn ascii(&self) -> &AsciiMetrics {
        self.ascii.get_or_init(|| {
            AsciiMetrics::new(|character| {
                let id = self.glyph(character);
                AsciiGlyph { id, advance: self.advance(id) }
            })
        })
    }

    /// The character's glyph; glyph 0, which is drawn as a box, if the font lacks the character.
    pub(crate) fn glyph(&self, character: char) -> u16 {
        self.font.glyph_id(character).0
    }

    pub(crate) fn has(&self, character: char) -> bool {
        self.glyph(character) != 0
    }

    pub(crate) fn advance(&self, glyph: u16) -> f32 {
        self.font.h_advance_unscaled(GlyphId(glyph))
    }

    pub(crate) fn kerning(&self, first: u16, second: u16) -> f32 {
        self.font.kern_unscaled(GlyphId(first), GlyphId(second))
    }

    pub(crate) fn bounds(&self, glyph: u16) -> Option<GlyphBounds> {
        let Outline { bounds, .. } = self.font.outline(GlyphId(glyph))?;
        // ab_glyph's y axis points down, so `min` is the upper edge.
        Some(GlyphBounds { left: bounds.min.x, right: bounds.max.x, bottom: bounds.max.y, top: bounds.min.y })
    }

    /// Passes each curve of the glyph's contours to `follow`. A curve that does not start where the previous one ended
    /// begins a new contour.
    pub(crate) fn trace(&self, glyph: u16, mut follow: impl FnMut(OutlineCurve)) {
        for curve in self.font.outline(GlyphId(glyph)).into_iter().flat_map(|outline| outline.curves) {
            follow(curve);
        }
    }
}

/// The first point of a curve.
pub(crate) fn start(curve: &OutlineCurve) -> Point {
    match curve {
        OutlineCurve::Line(start, _) | OutlineCurve::Quad(start, ..) | OutlineCurve::Cubic(start, ..) => *start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "scripts")]
    #[test]
    fn the_shipped_files_are_faces_of_2048_units() {
        for face in [Face::Verdana11, Face::HelveticaBold11] {
            let typeface = of(face).expect("the shipped face can be parsed");
            assert_eq!(typeface.font.units_per_em(), Some(UNITS_PER_EM));
            for character in ['A', 'é', 'Ω', 'ж', 'א', '\u{fe8f}', '→', '☺'] {
                assert!(typeface.has(character), "{character} in {face:?}");
            }
        }
    }

    #[test]
    fn the_small_faces_draw_what_they_have_as_the_whole_ones_do() {
        let whole: [&[u8]; 2] =
            [include_bytes!("../faces/DejaVuSans.ttf"), include_bytes!("../faces/DejaVuSans-Bold.ttf")];
        let small: [&[u8]; 2] =
            [include_bytes!("../faces/small/DejaVuSans.ttf"), include_bytes!("../faces/small/DejaVuSans-Bold.ttf")];
        for (whole, small) in whole.into_iter().zip(small) {
            let [whole, small] = [whole, small].map(|bytes| Typeface::new(FontRef::try_from_slice(bytes).unwrap()));
            assert_eq!(small.font.units_per_em(), Some(UNITS_PER_EM));
            let traced = |face: &Typeface, character: char| {
                let (glyph, mut points) = (face.glyph(character), Vec::new());
                face.trace(glyph, |curve| points.push(start(&curve)));
                (face.advance(glyph), points)
            };
            let has: Vec<char> = ('\0'..'\u{20000}').filter(|&character| small.has(character)).collect();
            for &character in &has {
                assert_eq!(traced(&small, character), traced(&whole, character), "{character:?}");
            }
            let kerned = |face: &Typeface, first, second| face.kerning(face.glyph(first), face.glyph(second));
            for (first, second) in [('A', 'V'), ('T', 'o'), ('r', '.'), ('Г', 'а'), ('a', 'b')] {
                assert_eq!(kerned(&small, first, second), kerned(&whole, first, second), "{first}{second}");
            }
            for character in "AéřẞªńəΩωжїŋאשبـﻼ…–—“”€₿№™½→⇒≤≠∞■●▲░★☆☑☠♥♪⚑⚙⚠⚡✉✓✔✗✘❤➜".chars()
            {
                assert!(has.contains(&character) || !whole.has(character), "{character}");
            }
        }
    }

    #[test]
    fn every_glyph_is_made_of_lines_and_quadratic_curves() {
        for face in [Face::Verdana11, Face::HelveticaBold11] {
            let typeface = of(face).expect("the shipped face can be parsed");
            for glyph in 0..typeface.font.glyph_count() as u16 {
                typeface.trace(glyph, |curve| assert!(!matches!(curve, OutlineCurve::Cubic(..)), "{glyph}"));
            }
        }
    }
}
