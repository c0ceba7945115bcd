//! flat-square: no corners, no gradient, no shadow.

use super::classic::{Classic, Look, joined};
use crate::markup::Markup;
use crate::markup::frame::Drawing;

pub(super) const LOOK: Look = Look {
    height: 20,
    baseline: 140,
    shadow: false,
    joined: joined!(20, words at 140, shadow at 150),
    radius: 0,
    gradient: "",
    stops: &[],
};

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.square_background(out);
    badge.foreground(out);
}
