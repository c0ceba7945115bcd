//! flat: round corners, a slight gradient, words with a shadow.

use super::classic::{Classic, Look, joined};
use crate::markup::Markup;
use crate::markup::frame::Drawing;

pub(super) const LOOK: Look = Look {
    height: 20,
    baseline: 140,
    shadow: true,
    joined: joined!(20, words at 140, shadow at 150),
    radius: 3,
    gradient: r##"<stop stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>"##,
    stops: &[(0.0, 0xbb, 0.1), (1.0, 0, 0.1)],
};

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.definitions(out);
    badge.round_background(out);
    badge.foreground(out);
}
