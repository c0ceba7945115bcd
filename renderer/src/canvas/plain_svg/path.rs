//! Path data and lists of points: written again, and measured for the effort of stroking them.

use std::fmt::Write;

use svgtypes::{PathParser, PathSegment, PointsParser, SimplePathSegment, SimplifyingPathParser};

use super::number::{ShortNumber, bounded};

/// Upper bounds for the number of an outline's segments and for their length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OutlineSize {
    pub(super) segments: usize,
    /// The length of all segments, in the drawing's units.
    pub(super) length: f64,
}

/// Appends path data in absolute coordinates and without arcs, up to its first error, as SVG requires. `None` if a
/// number is too great.
pub(super) fn write(data: &str, out: &mut String) -> Option<OutlineSize> {
    // An arc becomes more curves the larger its radii are, so arcs are checked first.
    for segment in PathParser::from(data).map_while(Result::ok) {
        if let PathSegment::EllipticalArc { rx, ry, x, y, .. } = segment {
            [rx, ry, x, y].into_iter().try_for_each(|number| bounded(number).map(drop))?;
        }
    }
    let mut path = PathWriter { size: OutlineSize::default(), current: [0.0; 2], start: [0.0; 2], out };
    for segment in SimplifyingPathParser::from(data).map_while(Result::ok) {
        match segment {
            SimplePathSegment::MoveTo { x, y } => {
                path.segment('M', &[[x, y]])?;
                path.start = [x, y];
            }
            SimplePathSegment::LineTo { x, y } => path.segment('L', &[[x, y]])?,
            SimplePathSegment::Quadratic { x1, y1, x, y } => path.segment('Q', &[[x1, y1], [x, y]])?,
            SimplePathSegment::CurveTo { x1, y1, x2, y2, x, y } => {
                path.segment('C', &[[x1, y1], [x2, y2], [x, y]])?;
            }
            SimplePathSegment::ClosePath => {
                path.go(path.start);
                path.size.segments += 1;
                path.out.push('Z');
            }
        }
    }
    Some(path.size)
}

/// Appends a list of points up to its first error. `None` if a number is too great.
pub(super) fn write_points(list: &str, out: &mut String) -> Option<OutlineSize> {
    let (mut size, mut last) = (OutlineSize::default(), None);
    for (x, y) in PointsParser::from(list) {
        let _ = write!(out, "{} {} ", ShortNumber(bounded(x)?), ShortNumber(bounded(y)?));
        size.segments += 1;
        size.length += last.map_or(0.0, |last| distance(last, [x, y]));
        last = Some([x, y]);
    }
    // The segment that closes a polygon is at most as long as all others together.
    size.length *= 2.0;
    Some(size)
}

/// Writes segments and measures them.
struct PathWriter<'a> {
    size: OutlineSize,
    current: [f64; 2],
    start: [f64; 2],
    out: &'a mut String,
}

impl PathWriter<'_> {
    fn segment(&mut self, letter: char, points: &[[f64; 2]]) -> Option<()> {
        self.size.segments += 1;
        self.out.push(letter);
        for (index, point @ [x, y]) in points.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(self.out, "{space}{} {}", ShortNumber(bounded(*x)?), ShortNumber(bounded(*y)?));
            // A curve is at most as long as the line through its control points.
            self.go(*point);
        }
        Some(())
    }

    fn go(&mut self, to: [f64; 2]) {
        self.size.length += distance(self.current, to);
        self.current = to;
    }
}

fn distance([from_x, from_y]: [f64; 2], [to_x, to_y]: [f64; 2]) -> f64 {
    let (x, y) = (to_x - from_x, to_y - from_y);
    // The numbers are bounded, so their squares are finite. `hypot` would require glibc 2.35.
    (x * x + y * y).sqrt()
}
