//! How wide a text is in the faces badges are set in.
//!
//! The widths are those badge-maker measures with (the npm package anafanafo 2.0.0, made in a browser with the real fonts), so a badge
//! is as wide here as it is on shields.io. They are compiled in: nothing is parsed or allocated at run time.
//!
//! ```
//! use badgesmith_fonts::{Face, width};
//!
//! assert_eq!(width(Face::Verdana11, "build").trunc(), 26.0);
//! ```
#![forbid(unsafe_code)]

mod table;

use table::Table;

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
}

/// How wide `text` is in `face`, in pixels: the sum of its characters' widths, without kerning.
///
/// A character nobody measured counts as wide as `m`, a control character as nothing, which is anafanafo's rule. The sum is made from
/// left to right in `f64`, because badge-maker cuts off the fraction and another order of summation gives another whole number now
/// and then.
///
/// ```
/// use badgesmith_fonts::{Face, width};
///
/// let m = width(Face::HelveticaBold11, "m");
/// assert_eq!(width(Face::HelveticaBold11, "\u{80}"), m);
/// assert_eq!(width(Face::HelveticaBold11, "\n"), 0.0);
/// ```
pub fn width(face: Face, text: &str) -> f64 {
    let table = face.table();
    let mut sum = 0.0;
    for character in text.chars() {
        sum += table.width(character);
    }
    sum
}

/// Whether the width of `character` in `face` was measured, rather than guessed to be that of `m`.
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
