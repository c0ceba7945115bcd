//! `flat-square`: square corners, no gradient, no shadow.

use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;
use crate::drawing::Drawing;
use crate::markup::Markup;

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    icons_adapt: false,
    overlays: &[],
    draw,
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

const LOOK: ClassicLook = ClassicLook {
    height: 20,
    baseline: 140,
    has_shadow: false,
    joined: joined_markup!(height 20, text at 140, shadow at 150),
    radius: 0,
    gradient: "",
    stops: &[],
};

fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = ClassicBadge::measure(drawing, &LOOK);
    badge.open(out);
    badge.square_background(out);
    badge.foreground(out);
}
