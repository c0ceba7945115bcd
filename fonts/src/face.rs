//! The fonts that badge styles use, each at one size and weight.

use crate::width_table::{self, WidthTable};

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
    pub(crate) fn width_table(self) -> &'static WidthTable {
        match self {
            Face::Verdana10 => &width_table::VERDANA_10,
            Face::Verdana11 => &width_table::VERDANA_11,
            Face::VerdanaBold10 => &width_table::VERDANA_BOLD_10,
            Face::HelveticaBold11 => &width_table::HELVETICA_BOLD_11,
        }
    }

    /// The size of an em, in pixels.
    #[cfg(feature = "faces")]
    pub(crate) fn pixels(self) -> f32 {
        match self {
            Face::Verdana10 | Face::VerdanaBold10 => 10.0,
            Face::Verdana11 | Face::HelveticaBold11 => 11.0,
        }
    }

    #[cfg(feature = "faces")]
    pub(crate) fn is_bold(self) -> bool {
        matches!(self, Face::VerdanaBold10 | Face::HelveticaBold11)
    }
}
