//! The width of a text that is drawn as text: from the tables, or estimated if they lack a character.

#[cfg(feature = "faces")]
use crate::cluster_width;
use crate::face::Face;

/// The width of `text` in `face`, in pixels: the sum of its characters' widths, without kerning.
///
/// The widths are added from left to right in `f64`. badge-maker truncates the sum to whole pixels, and another order
/// of addition sometimes gives another whole number. A control character has no width, which is anafanafo's rule.
///
/// For a character that the tables lack, anafanafo takes the width of `m`. Here such a text is measured by grapheme
/// clusters: combining marks and variation selectors have no width, an emoji sequence or a Korean syllable is as wide
/// as one glyph (one em if the bundled font lacks it), and other scripts are as wide as in the bundled font. Without
/// the feature `faces`, anafanafo's rule applies.
///
/// ```
/// use badgesmith_fonts::{Face, width};
///
/// assert_eq!(width(Face::HelveticaBold11, "\n"), 0.0);
/// # #[cfg(feature = "faces")]
/// assert_eq!(width(Face::Verdana11, "e\u{301}"), width(Face::Verdana11, "e"));
/// # #[cfg(feature = "faces")]
/// assert_eq!(width(Face::Verdana11, "👩\u{200d}🚀"), 11.0);
/// ```
pub fn width(face: Face, text: &str) -> f64 {
    let table = face.width_table();
    let mut sum = 0.0;
    for byte in text.bytes() {
        match table.ascii(byte) {
            Some(width) => sum += width,
            None => return width_of_any(face, text),
        }
    }
    sum
}

fn width_of_any(face: Face, text: &str) -> f64 {
    let table = face.width_table();
    let mut sum = 0.0;
    for character in text.chars() {
        match table.measured(character) {
            Some(width) => sum += width,
            None => return estimated(face, text),
        }
    }
    sum
}

#[cold]
fn estimated(face: Face, text: &str) -> f64 {
    #[cfg(feature = "faces")]
    return cluster_width::width(face, text);
    #[cfg(not(feature = "faces"))]
    {
        let table = face.width_table();
        text.chars().map(|character| table.measured(character).unwrap_or(table.width_of_m())).sum()
    }
}
