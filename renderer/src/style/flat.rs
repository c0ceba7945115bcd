//! `flat`: rounded corners, a slight gradient, text with a shadow.

use super::bars::on_dark;
use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;
use crate::gradient::GradientStop;

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    markup_length: 1344,
    has_ids: true,
    logo_is_on_light: false,
    overlays: STOPS,
    draw: |drawing, bytes| ClassicBadge::measure(drawing, &LOOK).draw(bytes),
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

const STOPS: &[GradientStop] =
    &[GradientStop { offset: 0.0, grey: 0xbb, opacity: 0.1 }, GradientStop { offset: 1.0, grey: 0, opacity: 0.1 }];

const LOOK: ClassicLook = ClassicLook {
    height: 20,
    baseline: 140,
    has_shadow: true,
    joined: joined_markup!(height 20, text at 140, shadow at 150),
    bars: on_dark(2, 12, 16),
    radius: 3,
    gradient: r##"<stop stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>"##,
    stops: STOPS,
};
