//! The area in which a series is drawn, and its contents.

use super::axis::Axis;
use super::bins::TimeBins;
use super::scene::{Role, Shape, Tenths};

/// The upper and the lower side of the area.
pub(super) const TOP: Tenths = 640;
pub(super) const BOTTOM: Tenths = 2060;

/// The area in which a series is drawn, and the axes at its sides.
pub(super) struct Plot {
    pub(super) left: Tenths,
    pub(super) right: Tenths,
    pub(super) bins: TimeBins,
    pub(super) axis: Axis,
}

/// The shapes as which a series is drawn, and its legend.
pub(super) struct Drawn {
    pub(super) shapes: Vec<Shape>,
    pub(super) legend: Vec<(Role, String)>,
    pub(super) description: String,
}

impl Plot {
    pub(super) const fn width(&self) -> Tenths {
        self.right - self.left
    }

    /// The height of a number above the least one of the axis.
    pub(super) fn height_of(&self, value: f64) -> Tenths {
        let (least, greatest) = (self.axis.least(), self.axis.greatest());
        ((value - least) / (greatest - least) * (BOTTOM - TOP) as f64).round() as Tenths
    }

    pub(super) fn x_of(&self, at_ms: i64) -> Tenths {
        self.left + self.bins.along(at_ms, self.width())
    }

    pub(super) const fn bottom(&self) -> Tenths {
        BOTTOM
    }

    pub(super) const fn height(&self) -> Tenths {
        BOTTOM - TOP
    }
}
