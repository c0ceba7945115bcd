//! flat: round corners, a slight gradient, words with a shadow.

use super::classic::{Classic, Look};
use crate::frame::Drawing;
use crate::markup::Markup;

const LOOK: Look = Look { height: 20, baseline: 140, shadow: true };
const GRADIENT: &str = r##"<stop stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>"##;

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.definitions(GRADIENT, 3, out);
    badge.round_background(out);
    badge.foreground(out);
}
