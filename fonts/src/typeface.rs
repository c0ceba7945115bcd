//! The shipped face, DejaVu Sans and its bold: parsed at first use, asked for advances, kerning and outlines in its own units.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, Outline, OutlineCurve, Point};

use crate::Face;

/// Both faces have 2,048 units in an em; a test says so.
pub(crate) const UNITS_PER_EM: f32 = 2048.0;

/// A shipped file: with all that DejaVu Sans has, or the small one that `faces/small/subset.sh` made of it.
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

/// One parsed face.
pub(crate) struct Typeface(FontRef<'static>);

/// What is inked of a glyph, in font units, y upwards.
#[derive(Clone, Copy)]
pub(crate) struct Ink {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
    pub(crate) top: f32,
}

/// The typeface that stands for `face`. `None` only if the shipped file could not be parsed, which a test rules out.
pub(crate) fn of(face: Face) -> Option<&'static Typeface> {
    static REGULAR: OnceLock<Option<Typeface>> = OnceLock::new();
    static BOLD: OnceLock<Option<Typeface>> = OnceLock::new();
    let parsed = |bytes| FontRef::try_from_slice(bytes).ok().map(Typeface);
    if face.is_bold() {
        BOLD.get_or_init(|| parsed(bytes!("DejaVuSans-Bold.ttf"))).as_ref()
    } else {
        REGULAR.get_or_init(|| parsed(bytes!("DejaVuSans.ttf"))).as_ref()
    }
}

impl Typeface {
    /// The character's glyph; glyph 0, the box, where the face has none.
    pub(crate) fn glyph(&self, character: char) -> u16 {
        self.0.glyph_id(character).0
    }

    pub(crate) fn has(&self, character: char) -> bool {
        self.glyph(character) != 0
    }

    pub(crate) fn advance(&self, glyph: u16) -> f32 {
        self.0.h_advance_unscaled(GlyphId(glyph))
    }

    pub(crate) fn kerning(&self, first: u16, second: u16) -> f32 {
        self.0.kern_unscaled(GlyphId(first), GlyphId(second))
    }

    pub(crate) fn ink(&self, glyph: u16) -> Option<Ink> {
        let Outline { bounds, .. } = self.0.outline(GlyphId(glyph))?;
        // ab_glyph gives the upper edge as `min`, because it draws downwards.
        Some(Ink { left: bounds.min.x, right: bounds.max.x, bottom: bounds.max.y, top: bounds.min.y })
    }

    /// Follows the glyph's contours. Each begins where the last one did not end.
    pub(crate) fn trace(&self, glyph: u16, mut follow: impl FnMut(OutlineCurve)) {
        for curve in self.0.outline(GlyphId(glyph)).into_iter().flat_map(|outline| outline.curves) {
            follow(curve);
        }
    }
}

/// Where a curve begins.
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
            assert_eq!(typeface.0.units_per_em(), Some(UNITS_PER_EM));
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
            let [whole, small] = [whole, small].map(|bytes| Typeface(FontRef::try_from_slice(bytes).unwrap()));
            assert_eq!(small.0.units_per_em(), Some(UNITS_PER_EM));
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
            for glyph in 0..typeface.0.glyph_count() as u16 {
                typeface.trace(glyph, |curve| assert!(!matches!(curve, OutlineCurve::Cubic(..)), "{glyph}"));
            }
        }
    }
}
