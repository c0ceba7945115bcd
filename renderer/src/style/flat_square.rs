//! `flat-square`: square corners, no gradient, no shadow.

use super::bars::on_dark;
use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;
use crate::markup::{Markup, document::frame};

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    markup_length: 672,
    has_ids: false,
    logo_is_on_light: false,
    overlays: &[],
    draw: |drawing, bytes| match drawing.plain() {
        Some(plain) => ClassicBadge::measure(&plain, &LOOK).draw(&mut Markup::plain(bytes)),
        None => classic::draw_any(drawing, &LOOK, bytes),
    },
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

const LOOK: ClassicLook = ClassicLook {
    frame: frame!(20),
    baseline: 140,
    has_shadow: false,
    joined: joined_markup!(height 20, radius 0, text at 140, shadow at 150),
    bars: on_dark(2, 12, 16),
    radius: 0,
    stops: &[],
};
