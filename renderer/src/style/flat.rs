//! `flat`: rounded corners, a slight gradient, text with a shadow.

use super::bars::on_dark;
use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;
use crate::gradient::GradientStop;
use crate::markup::{Markup, document::frame};

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    markup_length: 1344,
    has_ids: true,
    logo_is_on_light: false,
    overlays: STOPS,
    draw: |drawing, bytes| match drawing.plain() {
        Some(plain) => ClassicBadge::measure(&plain, &LOOK).draw(&mut Markup::plain(bytes)),
        None => classic::draw_any(drawing, &LOOK, bytes),
    },
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

const STOPS: &[GradientStop] =
    &[GradientStop { offset: 0.0, grey: 0xbb, opacity: 0.1 }, GradientStop { offset: 1.0, grey: 0, opacity: 0.1 }];

const LOOK: ClassicLook = ClassicLook {
    frame: frame!(20),
    baseline: 140,
    has_shadow: true,
    joined: joined_markup!(
        height 20, radius 3, text at 140, shadow at 150,
        r##"<stop stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>"##
    ),
    bars: on_dark(2, 12, 16),
    radius: 3,
    stops: STOPS,
};
