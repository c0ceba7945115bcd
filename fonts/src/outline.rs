//! The pieces outlines are made of.

/// A glyph and its origin from the line's start on the baseline, in hundredths of a pixel, y downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    pub(crate) id: u16,
    /// From the line's start to the glyph's origin.
    pub x: i32,
    /// From the baseline down to the glyph's origin; not 0 for some marks only.
    pub y: i32,
}

/// A piece of an outline. Places are in hundredths of a pixel, whole ones, so that a picture made of them is the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Begins a contour.
    Move(i32, i32),
    /// A straight line to a place.
    Line(i32, i32),
    /// A quadratic curve: its control point and its end.
    Quad(i32, i32, i32, i32),
    /// Ends a contour where it began.
    Close,
}
