//! How wide a text is in the faces badges are set in.
//!
//! The widths are those badge-maker measures with (the npm package anafanafo 2.0.0, made in a browser with the real fonts), so a badge
//! is as wide here as it is on shields.io. They are compiled in: nothing is parsed or allocated at run time. For what they do not know,
//! and for [`Line`]s whose outlines are drawn, DejaVu Sans is shipped (feature `faces`), parsed when it is first needed.
//!
//! ```
//! use badgesmith_fonts::{Face, width};
//!
//! assert_eq!(width(Face::Verdana11, "build").trunc(), 26.0);
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "faces")]
mod arabic;
#[cfg(feature = "faces")]
mod cluster;
mod outline;
mod table;
#[cfg(feature = "faces")]
mod text_line;
#[cfg(not(feature = "faces"))]
mod text_line_without_face;
#[cfg(feature = "faces")]
mod typeface;

pub use outline::{Glyph, Segment};
use table::Table;
#[cfg(feature = "faces")]
pub use text_line::Line;
#[cfg(not(feature = "faces"))]
pub use text_line_without_face::Line;

/// One font at one size and weight, as badge-maker's styles use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// 10 px Verdana: the label of for-the-badge.
    Verdana10,
    /// 11 px Verdana: flat, flat-square and plastic.
    Verdana11,
    /// Bold 10 px Verdana: the message of for-the-badge.
    VerdanaBold10,
    /// Bold 11 px Helvetica: social.
    HelveticaBold11,
}

impl Face {
    fn table(self) -> &'static Table {
        match self {
            Face::Verdana10 => &table::VERDANA_10,
            Face::Verdana11 => &table::VERDANA_11,
            Face::VerdanaBold10 => &table::VERDANA_BOLD_10,
            Face::HelveticaBold11 => &table::HELVETICA_BOLD_11,
        }
    }

    /// The size of an em.
    #[cfg(feature = "faces")]
    fn pixels(self) -> f32 {
        match self {
            Face::Verdana10 | Face::VerdanaBold10 => 10.0,
            Face::Verdana11 | Face::HelveticaBold11 => 11.0,
        }
    }

    #[cfg(feature = "faces")]
    fn is_bold(self) -> bool {
        matches!(self, Face::VerdanaBold10 | Face::HelveticaBold11)
    }
}

/// How wide `text` is in `face`, in pixels: the sum of its characters' widths, without kerning.
///
/// The sum is made from left to right in `f64`, because badge-maker cuts off the fraction and another order of summation gives another
/// whole number now and then. A control character is as wide as nothing, which is anafanafo's rule.
///
/// Where the tables do not know a character, anafanafo guesses `m`. Here the text is measured by what a reader sees as one character:
/// marks and variation selectors take no place, an emoji sequence or a Korean syllable is one glyph wide (an em, where the face lacks it),
/// and other scripts are as wide as the shipped face. Without the feature `faces` the guess remains.
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
    let table = face.table();
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
    return cluster::width(face, text);
    #[cfg(not(feature = "faces"))]
    text.chars().map(|character| face.table().measured(character).unwrap_or(face.table().width_of_m())).sum()
}

/// Whether the width of `character` in `face` was measured, rather than estimated.
///
/// ```
/// use badgesmith_fonts::{Face, is_known};
///
/// assert!(is_known(Face::Verdana11, 'é'));
/// assert!(!is_known(Face::Verdana11, '\u{E000}'));
/// ```
pub fn is_known(face: Face, character: char) -> bool {
    face.table().measured(character).is_some()
}
