//! The shapes that styles are made of, as paths.

use tiny_skia::{Path, PathBuilder, Rect};

/// The distance from the end of a quarter circle to its control point, in multiples of the radius.
const KAPPA: f32 = 0.552_284_8;

pub(crate) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

pub(crate) fn round_rectangle(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let (right, bottom) = (x + width, y + height);
    // The distance from a corner to a control point.
    let c = radius * (1.0 - KAPPA);
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.cubic_to(right - c, y, right, y + c, right, y + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - c, right - c, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.cubic_to(x + c, bottom, x, bottom - c, x, bottom - radius);
    path.line_to(x, y + radius);
    path.cubic_to(x, y + c, x + c, y, x + radius, y);
    path.close();
    path.finish()
}

/// Lines through these points, each from its last point back to the first if they are closed.
pub(crate) fn polygons(lines: &[Vec<(f32, f32)>], is_closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for line in lines {
        for (index, (x, y)) in line.iter().enumerate() {
            if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
        }
        if is_closed {
            path.close();
        }
    }
    path.finish()
}

pub(crate) fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    PathBuilder::from_circle(x, y, radius)
}

/// The beak of a speech bubble, from its upper end to the lower one.
pub(crate) fn beak(x: f32, y: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x - 3.0, y + 3.0);
    path.line_to(x - 3.0, y + 4.0);
    path.line_to(x, y + 7.0);
    path.finish()
}
