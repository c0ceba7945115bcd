//! The outline of a glyph as a path, in hundredths of a pixel.

use badgesmith_fonts::{Glyph, OutlineSegment, TextLine};
use tiny_skia::PathBuilder;

/// Adds a glyph whose origin is at this point.
pub(super) fn add(line: &TextLine, glyph: Glyph, (x, y): (i32, i32), path: &mut PathBuilder) {
    let point = |dx: i32, dy: i32| ((x + dx) as f32, (y + dy) as f32);
    line.trace(glyph, |segment| match segment {
        OutlineSegment::Move(dx, dy) => {
            let (x, y) = point(dx, dy);
            path.move_to(x, y);
        }
        OutlineSegment::Line(dx, dy) => {
            let (x, y) = point(dx, dy);
            path.line_to(x, y);
        }
        OutlineSegment::Quad(cx, cy, dx, dy) => {
            let ((cx, cy), (x, y)) = (point(cx, cy), point(dx, dy));
            path.quad_to(cx, cy, x, y);
        }
        OutlineSegment::Cubic(ax, ay, bx, by, dx, dy) => {
            let ((ax, ay), (bx, by), (x, y)) = (point(ax, ay), point(bx, by), point(dx, dy));
            path.cubic_to(ax, ay, bx, by, x, y);
        }
        OutlineSegment::Close => path.close(),
    });
}
