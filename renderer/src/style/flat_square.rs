//! `flat-square`: square corners, no gradient, no shadow.

use super::bars::on_dark;
use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    markup_length: 672,
    has_ids: false,
    logo_is_on_light: false,
    overlays: &[],
    draw: |drawing, bytes| ClassicBadge::measure(drawing, &LOOK).draw(bytes),
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

const LOOK: ClassicLook = ClassicLook {
    height: 20,
    baseline: 140,
    has_shadow: false,
    joined: joined_markup!(height 20, text at 140, shadow at 150),
    bars: on_dark(2, 12, 16),
    radius: 0,
    gradient: "",
    stops: &[],
};
