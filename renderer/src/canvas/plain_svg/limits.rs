//! The limits of a caller's SVG.

/// The most elements of a document, and the most elements that are drawn, counted each time.
pub(super) const MAX_ELEMENTS: usize = 4096;
/// The greatest nesting depth of elements, including those that `use` inserts.
pub(super) const MAX_DEPTH: usize = 64;
/// The greatest absolute value of a number. Drawings that were traced from pictures reach 100,000.
pub(super) const MAX_NUMBER: f64 = 1e6;
/// The most pixels of the picture for one unit of a drawing. A drawing that is a thousandth of a unit wide needs
/// 56,000.
pub(super) const MAX_SCALE: f64 = 1e5;
/// The most stops of a gradient. Each pixel is compared with all of them.
pub(super) const MAX_STOPS: usize = 32;
/// The longest chain of gradients that refer to each other.
pub(super) const MAX_GRADIENT_CHAIN: usize = 8;
