//! What reading and stroking a drawing takes, counted for every time that something in it is drawn.

use std::collections::HashMap;

use super::{
    GREATEST_SCALE, MOST_ELEMENTS, MOST_LEVELS,
    elements::{Element, Role},
};

/// The most work of all outlines together, in segments that are filled: 50 ms where a segment takes 0.5 µs.
const MOST_WORK: f64 = 100_000.0;
/// What stroking a segment takes even where it is straight: both sides, a joint and two ends.
const STROKED: f64 = 10.0;
/// What stroking takes besides for the root of a length: a curve is cut into so many pieces.
const STROKED_LENGTH: f64 = 2.0;

/// Whether drawing `root` takes no more than it may, where a unit of the drawing is `scale` pixels.
pub(super) fn is_bearable(elements: &HashMap<u32, Element>, root: u32, scale: f64) -> bool {
    let mut left = Left { elements, count: MOST_ELEMENTS, work: MOST_WORK };
    left.draw(root, Place { linear: [scale, 0.0, 0.0, scale], strokes: false, levels: MOST_LEVELS }).is_some()
}

/// What may still be drawn.
struct Left<'a> {
    elements: &'a HashMap<u32, Element>,
    count: usize,
    work: f64,
}

/// Where an element is drawn.
#[derive(Clone, Copy)]
struct Place {
    /// How the drawing's units are turned and stretched there.
    linear: [f64; 4],
    /// Whether outlines are stroked.
    strokes: bool,
    /// How much deeper elements may stand.
    levels: usize,
}

impl Left<'_> {
    /// Takes an element off what may be drawn; `None` where that is not enough.
    fn draw(&mut self, element: u32, place: Place) -> Option<()> {
        let Some(element) = self.elements.get(&element) else { return Some(()) };
        self.count = self.count.checked_sub(1)?;
        let linear = element.linear.map_or(place.linear, |linear| multiplied(place.linear, linear));
        let scale = linear.iter().map(|number| number * number).sum::<f64>().sqrt();
        if scale.is_nan() || scale > GREATEST_SCALE {
            return None;
        }
        let strokes = element.strokes.unwrap_or(place.strokes);
        let inner = Place { linear, strokes, levels: place.levels.checked_sub(1)? };
        if let Some(clip) = element.clip {
            self.draw_all(clip, Place { strokes: false, ..inner })?;
        }
        match &element.role {
            Role::Group => element.children.iter().try_for_each(|child| self.draw(*child, inner)),
            Role::Use(Some(target)) => self.draw(*target, inner),
            Role::Use(None) | Role::Definition => Some(()),
            Role::Shape(outline) => {
                let segments = outline.segments as f64;
                // The sum of the roots of lengths is at most the root of their number times their sum.
                let pieces = (segments * outline.length).sqrt() + (segments * outline.length * scale).sqrt();
                let stroking = if strokes { STROKED * segments + STROKED_LENGTH * pieces } else { 0.0 };
                self.work -= segments + stroking;
                (self.work >= 0.0).then_some(())
            }
        }
    }

    /// Takes the shapes of a clip path.
    fn draw_all(&mut self, clip: u32, place: Place) -> Option<()> {
        let Some(clip) = self.elements.get(&clip) else { return Some(()) };
        let linear = clip.linear.map_or(place.linear, |linear| multiplied(place.linear, linear));
        clip.children.iter().try_for_each(|child| self.draw(*child, Place { linear, ..place }))
    }
}

/// The transform that does `inner` and then `outer`.
fn multiplied([a, b, c, d]: [f64; 4], [e, f, g, h]: [f64; 4]) -> [f64; 4] {
    [a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h]
}
