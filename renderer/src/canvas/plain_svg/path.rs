//! Path data and lists of points, written anew, with what strokes along them could cost.

use std::fmt::Write;

use svgtypes::{PathParser, PathSegment, PointsParser, SimplePathSegment, SimplifyingPathParser};

use super::{bounded, values::Number};

/// How many segments an outline has, and how long they are together, at the most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// How many there are.
    pub(super) segments: usize,
    /// Their length, in the drawing's units.
    pub(super) length: f64,
}

/// Appends path data, absolute and without arcs; up to the first fault, as SVG wants it. `None` for a number that is
/// too great.
pub(super) fn write(data: &str, out: &mut String) -> Option<Outline> {
    // An arc becomes the more curves the larger its radii are, so they are looked at first.
    for segment in PathParser::from(data).map_while(Result::ok) {
        if let PathSegment::EllipticalArc { rx, ry, x, y, .. } = segment {
            [rx, ry, x, y].into_iter().try_for_each(|number| bounded(number).map(drop))?;
        }
    }
    let mut pen = Pen { outline: Outline::default(), at: (0.0, 0.0), start: (0.0, 0.0), out };
    for segment in SimplifyingPathParser::from(data).map_while(Result::ok) {
        match segment {
            SimplePathSegment::MoveTo { x, y } => {
                pen.segment('M', &[(x, y)])?;
                pen.start = (x, y);
            }
            SimplePathSegment::LineTo { x, y } => pen.segment('L', &[(x, y)])?,
            SimplePathSegment::Quadratic { x1, y1, x, y } => pen.segment('Q', &[(x1, y1), (x, y)])?,
            SimplePathSegment::CurveTo { x1, y1, x2, y2, x, y } => pen.segment('C', &[(x1, y1), (x2, y2), (x, y)])?,
            SimplePathSegment::ClosePath => {
                let start = pen.start;
                pen.go(start);
                pen.outline.segments += 1;
                pen.out.push('Z');
            }
        }
    }
    Some(pen.outline)
}

/// Appends a list of points up to its first fault.
pub(super) fn write_points(list: &str, out: &mut String) -> Option<Outline> {
    let (mut outline, mut last) = (Outline::default(), None);
    for (x, y) in PointsParser::from(list) {
        let _ = write!(out, "{} {} ", Number(bounded(x)?), Number(bounded(y)?));
        outline.segments += 1;
        outline.length += last.map_or(0.0, |last| distance(last, (x, y)));
        last = Some((x, y));
    }
    // Closing it is at most as long as all the rest.
    outline.length *= 2.0;
    Some(outline)
}

/// Writes segments and measures them.
struct Pen<'a> {
    outline: Outline,
    at: (f64, f64),
    start: (f64, f64),
    out: &'a mut String,
}

impl Pen<'_> {
    fn segment(&mut self, letter: char, points: &[(f64, f64)]) -> Option<()> {
        self.outline.segments += 1;
        self.out.push(letter);
        for (index, (x, y)) in points.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(self.out, "{gap}{} {}", Number(bounded(*x)?), Number(bounded(*y)?));
            // A curve is no longer than the way along its control points.
            self.go((*x, *y));
        }
        Some(())
    }

    fn go(&mut self, to: (f64, f64)) {
        self.outline.length += distance(self.at, to);
        self.at = to;
    }
}

fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    // Numbers of a logo are bounded, so their squares are finite. glibc before 2.35 has another version of `hypot`.
    (x * x + y * y).sqrt()
}
