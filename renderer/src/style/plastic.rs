//! plastic: a strong gradient, words with a shadow, two pixels lower than the others.

use super::classic::{Classic, Look, joined};
use crate::markup::Markup;
use crate::markup::frame::Drawing;

pub(super) const LOOK: Look = Look {
    height: 18,
    baseline: 130,
    shadow: true,
    joined: joined!(18, words at 130, shadow at 140),
    radius: 4,
    gradient: concat!(
        r##"<stop stop-color="#fff" stop-opacity=".7"/><stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>"##,
        r##"<stop offset=".9" stop-opacity=".3"/><stop offset="1" stop-opacity=".5"/>"##,
    ),
    stops: &[(0.0, 0xff, 0.7), (0.1, 0xaa, 0.1), (0.9, 0, 0.3), (1.0, 0, 0.5)],
};

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.definitions(out);
    badge.round_background(out);
    badge.foreground(out);
}
