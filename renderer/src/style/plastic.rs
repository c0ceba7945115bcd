//! `plastic`: a strong gradient, text with a shadow, two pixels lower than flat.

use super::bars::on_dark;
use super::classic::{self, ClassicBadge, ClassicLook, joined_markup};
use super::definition::StyleDefinition;
use crate::gradient::GradientStop;
use crate::markup::{Markup, document::frame};

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: classic::TEXT,
    joins_segments: false,
    markup_length: 1440,
    has_ids: true,
    logo_is_on_light: false,
    overlays: UNDER_TEXT,
    draw: |drawing, bytes| match drawing.plain() {
        Some(plain) => ClassicBadge::measure(&plain, &LOOK).draw(&mut Markup::plain(bytes)),
        None => classic::draw_any(drawing, &LOOK, bytes),
    },
    #[cfg(feature = "png")]
    paint: |drawing, scale| ClassicBadge::measure(drawing, &LOOK).paint(scale),
};

/// The stops between which the text lies.
const UNDER_TEXT: &[GradientStop] =
    &[GradientStop { offset: 0.1, grey: 0xaa, opacity: 0.1 }, GradientStop { offset: 0.9, grey: 0, opacity: 0.3 }];

const LOOK: ClassicLook = ClassicLook {
    frame: frame!(18),
    baseline: 130,
    has_shadow: true,
    joined: joined_markup!(
        height 18, radius 4, text at 130, shadow at 140,
        r##"<stop stop-color="#fff" stop-opacity=".7"/><stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>"##,
        r##"<stop offset=".9" stop-opacity=".3"/><stop offset="1" stop-opacity=".5"/>"##
    ),
    bars: on_dark(2, 11, 14),
    radius: 4,
    stops: &[
        GradientStop { offset: 0.0, grey: 0xff, opacity: 0.7 },
        UNDER_TEXT[0],
        UNDER_TEXT[1],
        GradientStop { offset: 1.0, grey: 0, opacity: 0.5 },
    ],
};
