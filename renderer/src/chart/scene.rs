//! A chart as shapes, from which the SVG is written and the PNG is painted. Coordinates are in tenths of a pixel.

use badgesmith_fonts::Face;

/// Tenths of a pixel.
pub(super) type Tenths = i64;

/// The size of every chart.
pub(super) const WIDTH: Tenths = 7200;
pub(super) const HEIGHT: Tenths = 2400;

/// The font of the title, and that of every other text.
pub(super) const TITLE_FACE: Face = Face::HelveticaBold11;
pub(super) const FACE: Face = Face::Verdana11;

/// The role of a shape, which determines its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ground,
    Border,
    Text,
    Muted,
    Grid,
    Passed,
    Failed,
    Skipped,
    Value,
}

/// The two colours of a role. The colours of text have a contrast ratio of 4.5:1 with the background, and those of
/// counts one of 3:1, as WCAG level AA requires.
pub(super) struct Colors {
    /// The letter that begins its class.
    pub(super) class: char,
    pub(super) light: &'static str,
    pub(super) dark: &'static str,
}

impl Role {
    pub(super) const ALL: [Self; 9] = [
        Self::Ground,
        Self::Border,
        Self::Text,
        Self::Muted,
        Self::Grid,
        Self::Passed,
        Self::Failed,
        Self::Skipped,
        Self::Value,
    ];

    pub(super) const fn colors(self) -> Colors {
        let (class, light, dark) = match self {
            Self::Ground => ('g', "#fff", "#0d1117"),
            Self::Border => ('e', "#d1d9e0", "#3d444d"),
            Self::Text => ('t', "#1f2328", "#f0f6fc"),
            Self::Muted => ('m', "#59636e", "#9198a1"),
            Self::Grid => ('d', "#e4e8ec", "#2a313c"),
            Self::Passed => ('p', "#2da44e", "#2ea043"),
            Self::Failed => ('f', "#cf222e", "#f85149"),
            Self::Skipped => ('s', "#818b98", "#656c76"),
            Self::Value => ('v', "#0969da", "#4493f8"),
        };
        Colors { class, light, dark }
    }
}

/// A chart as shapes, from the back to the front.
pub(super) struct Scene {
    pub(super) title: String,
    /// A description of the chart, in words.
    pub(super) description: String,
    pub(super) shapes: Vec<Shape>,
}

pub(super) enum Shape {
    /// Areas.
    Fill {
        role: Role,
        percent: u8,
        lines: Vec<Line>,
    },
    /// Lines of a width.
    Stroke {
        role: Role,
        width: Tenths,
        is_dashed: bool,
        lines: Vec<Line>,
    },
    /// Discs of a radius.
    Dots {
        role: Role,
        radius: Tenths,
        centers: Vec<Point>,
    },
    Text(SceneText),
}

/// The corners of an area, or the points of a line.
pub(super) type Line = Vec<Point>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: Tenths,
    pub(super) y: Tenths,
}

pub(super) struct SceneText {
    pub(super) role: Role,
    pub(super) face: Face,
    pub(super) text: String,
    /// The start, the middle or the end of the text, depending on the anchor.
    pub(super) x: Tenths,
    pub(super) baseline: Tenths,
    pub(super) anchor: Anchor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The four corners of a rectangle.
pub(super) fn rectangle(x: Tenths, y: Tenths, width: Tenths, height: Tenths) -> Line {
    let (right, bottom) = (x + width, y + height);
    vec![Point { x, y }, Point { x: right, y }, Point { x: right, y: bottom }, Point { x, y: bottom }]
}
