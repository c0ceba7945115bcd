//! Estimates the effort of reading and stroking a drawing. A part counts each time that it is drawn.

use std::collections::HashMap;

use super::limits::{MAX_DEPTH, MAX_ELEMENTS, MAX_SCALE};
use super::path::OutlineSize;

/// The most effort of all outlines together, in filled segments: 50 ms if a segment takes 0.5 µs.
const MAX_EFFORT: f64 = 100_000.0;
/// The effort of stroking a straight segment: both sides, a join and two caps.
const STROKED_SEGMENT: f64 = 10.0;
/// The additional effort of stroking, multiplied by the square root of a length: that is the number of pieces into
/// which a curve is split.
const STROKED_LENGTH: f64 = 2.0;

/// The parts of a written element that determine its effort.
#[derive(Debug, Default)]
pub(super) struct ElementEffort {
    pub(super) role: ElementRole,
    /// The linear part `a b c d` of its transform.
    pub(super) linear: Option<[f64; 4]>,
    /// Whether it turns strokes on or off.
    pub(super) has_stroke: Option<bool>,
    /// The number of the element that is its clip path.
    pub(super) clip: Option<u32>,
    /// The numbers of the elements in it.
    pub(super) children: Vec<u32>,
}

/// The role of an element when it is drawn.
#[derive(Debug, Default)]
pub(super) enum ElementRole {
    /// Draws the elements in it.
    #[default]
    Group,
    /// Draws an outline.
    Shape(OutlineSize),
    /// Draws another element again.
    Use(Option<u32>),
    /// Draws nothing, unless other elements refer to it.
    Definition,
}

/// Whether drawing the element `root` stays within the limits if a unit of the drawing is `scale` pixels.
pub(super) fn is_bearable(elements: &HashMap<u32, ElementEffort>, root: u32, scale: f64) -> bool {
    let mut budget = EffortBudget { elements, count: MAX_ELEMENTS, effort: MAX_EFFORT };
    let inherited = Inherited { linear: [scale, 0.0, 0.0, scale], has_stroke: false, depth: MAX_DEPTH };
    budget.count(root, inherited).is_some()
}

/// The remaining budget of effort and elements.
struct EffortBudget<'a> {
    elements: &'a HashMap<u32, ElementEffort>,
    count: usize,
    effort: f64,
}

/// The state that an element inherits from the elements around it.
#[derive(Clone, Copy)]
struct Inherited {
    /// The linear part of the transform to pixels.
    linear: [f64; 4],
    has_stroke: bool,
    /// How many more levels of nesting are allowed.
    depth: usize,
}

impl EffortBudget<'_> {
    /// Subtracts an element; `None` if the budget is exceeded.
    fn count(&mut self, element: u32, inherited: Inherited) -> Option<()> {
        let Some(element) = self.elements.get(&element) else { return Some(()) };
        self.count = self.count.checked_sub(1)?;
        let linear = element.linear.map_or(inherited.linear, |linear| multiplied(inherited.linear, linear));
        let scale = linear.iter().map(|number| number * number).sum::<f64>().sqrt();
        if scale.is_nan() || scale > MAX_SCALE {
            return None;
        }
        let has_stroke = element.has_stroke.unwrap_or(inherited.has_stroke);
        let inner = Inherited { linear, has_stroke, depth: inherited.depth.checked_sub(1)? };
        if let Some(clip) = element.clip {
            self.count_clip(clip, Inherited { has_stroke: false, ..inner })?;
        }
        match &element.role {
            ElementRole::Group => element.children.iter().try_for_each(|child| self.count(*child, inner)),
            ElementRole::Use(Some(target)) => self.count(*target, inner),
            ElementRole::Use(None) | ElementRole::Definition => Some(()),
            ElementRole::Shape(outline) => {
                let segments = outline.segments as f64;
                // The sum of the square roots of n lengths is at most the root of n times the sum of the lengths.
                let pieces = (segments * outline.length).sqrt() + (segments * outline.length * scale).sqrt();
                let stroking = if has_stroke { STROKED_SEGMENT * segments + STROKED_LENGTH * pieces } else { 0.0 };
                self.effort -= segments + stroking;
                (self.effort >= 0.0).then_some(())
            }
        }
    }

    /// Subtracts the shapes of a clip path.
    fn count_clip(&mut self, clip: u32, inherited: Inherited) -> Option<()> {
        let Some(clip) = self.elements.get(&clip) else { return Some(()) };
        let linear = clip.linear.map_or(inherited.linear, |linear| multiplied(inherited.linear, linear));
        clip.children.iter().try_for_each(|child| self.count(*child, Inherited { linear, ..inherited }))
    }
}

/// The transform that applies the second one and then the first one.
fn multiplied([a, b, c, d]: [f64; 4], [e, f, g, h]: [f64; 4]) -> [f64; 4] {
    [a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h]
}
