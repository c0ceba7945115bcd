//! The parts of a glyph outline.

/// A glyph and its origin, relative to the start of the line on the baseline; in hundredths of a pixel, y downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    pub(crate) id: u16,
    /// The added face to which it belongs; `None` for the bundled font.
    pub(crate) added: Option<u8>,
    /// How many letters of the line are left of it, not counting the letter that it marks.
    pub(crate) letter: u16,
    /// From the start of the line to the glyph's origin.
    pub x: i32,
    /// From the baseline down to the glyph's origin; only combining marks have another value than 0.
    pub y: i32,
}

impl Glyph {
    /// The number of the glyph in its face.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Whether it is a glyph of the bundled font, not of an added face.
    pub fn is_bundled(&self) -> bool {
        self.added.is_none()
    }
}

/// One segment of an outline. Coordinates are whole hundredths of a pixel, so the result is the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineSegment {
    /// Begins a contour at this point.
    Move(i32, i32),
    /// A straight line to this point.
    Line(i32, i32),
    /// A quadratic Bézier curve: its control point and its end point.
    Quad(i32, i32, i32, i32),
    /// A cubic Bézier curve, which only added faces have: its two control points and its end point.
    Cubic(i32, i32, i32, i32, i32, i32),
    /// Ends a contour at its first point.
    Close,
}
