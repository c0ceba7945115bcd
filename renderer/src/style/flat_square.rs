//! flat-square: no corners, no gradient, no shadow.

use super::classic::{Classic, Look};
use crate::frame::Drawing;
use crate::markup::Markup;

const LOOK: Look = Look { height: 20, baseline: 140, shadow: false };

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.square_background(out);
    badge.foreground(out);
}
