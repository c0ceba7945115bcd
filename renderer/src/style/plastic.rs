//! plastic: a strong gradient, words with a shadow, two pixels lower than the others.

use super::classic::{Classic, Look};
use crate::frame::Drawing;
use crate::markup::Markup;

const LOOK: Look = Look { height: 18, baseline: 130, shadow: true };
const GRADIENT: &str = concat!(
    r##"<stop stop-color="#fff" stop-opacity=".7"/><stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>"##,
    r##"<stop offset=".9" stop-opacity=".3"/><stop offset="1" stop-opacity=".5"/>"##,
);

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let badge = Classic::measure(drawing, &LOOK);
    badge.open(out);
    badge.definitions(GRADIENT, 4, out);
    badge.round_background(out);
    badge.foreground(out);
}
