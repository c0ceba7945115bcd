//! The definition of a style. Each style's file defines one `STYLE`, and `style.rs` lists them.

use badgesmith_fonts::Face;

#[cfg(feature = "png")]
use crate::canvas::{Canvas, error::PngError};
use crate::measured_text::TextWidth;
#[cfg(feature = "png")]
use crate::scale::Scale;
use crate::text::TextCase;
use crate::{drawing::Drawing, gradient::GradientStop};

/// A style's rules for texts and colours, and the functions that draw it.
pub(crate) struct StyleDefinition {
    pub(crate) text: TextSettings,
    /// Whether segments are part of the message, instead of sections of their own.
    pub(crate) joins_segments: bool,
    /// How many bytes an SVG of the style has besides its texts, or a little more. A wrong number only costs time.
    pub(crate) markup_length: usize,
    /// Whether every SVG of the style has ids. In the other styles, only a badge with outlines or with `theme=auto` has
    /// ids.
    pub(crate) has_ids: bool,
    /// Whether the logo lies on a light area of the style's own, instead of on the label's or the message's colour.
    /// Icons must be dark enough for it, and `theme=auto` makes it dark.
    pub(crate) logo_is_on_light: bool,
    /// The gradient stops that text may lie on, for `contrast=aa`.
    pub(crate) overlays: &'static [GradientStop],
    /// Writes the SVG into bytes that may be too few, and returns its length.
    pub(crate) draw: fn(&Drawing, &mut [u8]) -> usize,
    /// Paints the same picture as the SVG with outlines.
    #[cfg(feature = "png")]
    pub(crate) paint: fn(&Drawing, Scale) -> Result<Canvas, PngError>,
}

/// The font, the case and the width of a style's texts. Segments have the settings of the message.
#[derive(Clone, Copy)]
pub(crate) struct TextSettings {
    pub(crate) label_face: Face,
    pub(crate) message_face: Face,
    pub(crate) label_case: TextCase,
    pub(crate) message_case: TextCase,
    pub(crate) width: TextWidth,
}
