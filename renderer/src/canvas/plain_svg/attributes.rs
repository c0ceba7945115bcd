//! The tables of known attributes and of the values that each may have.

use super::values::ValueKind;

const FILL_RULES: ValueKind = ValueKind::Keyword(&["nonzero", "evenodd"]);
const UNITS: ValueKind = ValueKind::Keyword(&["userSpaceOnUse", "objectBoundingBox"]);

/// The properties of every element, as attributes or in `style`.
pub(super) const PRESENTATION: &[(&str, ValueKind)] = &[
    ("background-color", ValueKind::Color),
    ("clip-path", ValueKind::ClipPath),
    ("clip-rule", FILL_RULES),
    ("color", ValueKind::Color),
    ("display", ValueKind::Keyword(&["none"])),
    // The defaults of `fill` and `stroke` are the values that usvg uses for a paint that it cannot read.
    ("fill", ValueKind::Paint { default: "#000000" }),
    ("fill-opacity", ValueKind::Opacity),
    ("fill-rule", FILL_RULES),
    ("filter", ValueKind::Unsupported),
    ("marker", ValueKind::Unsupported),
    ("marker-end", ValueKind::Unsupported),
    ("marker-mid", ValueKind::Unsupported),
    ("marker-start", ValueKind::Unsupported),
    ("mask", ValueKind::Unsupported),
    ("opacity", ValueKind::Opacity),
    ("paint-order", ValueKind::PaintOrder),
    ("requiredExtensions", ValueKind::Unsupported),
    ("requiredFeatures", ValueKind::Unsupported),
    ("shape-rendering", ValueKind::Keyword(&["auto", "optimizeSpeed", "crispEdges", "geometricPrecision"])),
    ("stop-color", ValueKind::Color),
    ("stop-opacity", ValueKind::Opacity),
    ("stroke", ValueKind::Paint { default: "none" }),
    // Short dashes split a long line into millions of segments.
    ("stroke-dasharray", ValueKind::Unsupported),
    ("stroke-linecap", ValueKind::Keyword(&["butt", "round", "square"])),
    ("stroke-linejoin", ValueKind::Keyword(&["miter", "miter-clip", "round", "bevel"])),
    ("stroke-miterlimit", ValueKind::Number),
    ("stroke-opacity", ValueKind::Opacity),
    ("stroke-width", ValueKind::Length),
    ("systemLanguage", ValueKind::Unsupported),
    ("transform", ValueKind::Transform),
    ("transform-origin", ValueKind::Origin),
    ("visibility", ValueKind::Keyword(&["visible", "hidden", "collapse"])),
];

/// The properties that are only valid in `style`.
pub(super) const STYLE_ONLY: &[(&str, ValueKind)] = &[
    ("isolation", ValueKind::Keyword(&["auto", "isolate"])),
    (
        "mix-blend-mode",
        ValueKind::Keyword(&[
            "normal",
            "multiply",
            "screen",
            "overlay",
            "darken",
            "lighten",
            "color-dodge",
            "color-burn",
            "hard-light",
            "soft-light",
            "difference",
            "exclusion",
            "hue",
            "saturation",
            "color",
            "luminosity",
            "plus-lighter",
        ]),
    ),
];

/// The additional attributes of one kind of element.
pub(super) fn of_element(name: &str) -> &'static [(&'static str, ValueKind)] {
    match name {
        "svg" => &[
            ("viewBox", ValueKind::ViewBox),
            ("width", ValueKind::Length),
            ("height", ValueKind::Length),
            ("preserveAspectRatio", ValueKind::AspectRatio),
        ],
        "rect" => &[
            ("x", ValueKind::Length),
            ("y", ValueKind::Length),
            ("width", ValueKind::Length),
            ("height", ValueKind::Length),
            ("rx", ValueKind::Length),
            ("ry", ValueKind::Length),
        ],
        "circle" => &[("cx", ValueKind::Length), ("cy", ValueKind::Length), ("r", ValueKind::Length)],
        "ellipse" => &[
            ("cx", ValueKind::Length),
            ("cy", ValueKind::Length),
            ("rx", ValueKind::Length),
            ("ry", ValueKind::Length),
        ],
        "line" => &[
            ("x1", ValueKind::Length),
            ("y1", ValueKind::Length),
            ("x2", ValueKind::Length),
            ("y2", ValueKind::Length),
        ],
        "use" => &[("x", ValueKind::Length), ("y", ValueKind::Length)],
        "clipPath" => &[("clipPathUnits", UNITS)],
        "linearGradient" => &[
            ("x1", ValueKind::Length),
            ("y1", ValueKind::Length),
            ("x2", ValueKind::Length),
            ("y2", ValueKind::Length),
            ("gradientUnits", UNITS),
            ("gradientTransform", ValueKind::Transform),
            ("spreadMethod", ValueKind::Keyword(&["pad", "reflect", "repeat"])),
        ],
        "radialGradient" => &[
            ("cx", ValueKind::Length),
            ("cy", ValueKind::Length),
            ("r", ValueKind::Length),
            ("fx", ValueKind::Length),
            ("fy", ValueKind::Length),
            ("fr", ValueKind::Length),
            ("gradientUnits", UNITS),
            ("gradientTransform", ValueKind::Transform),
            ("spreadMethod", ValueKind::Keyword(&["pad", "reflect", "repeat"])),
        ],
        "stop" => &[("offset", ValueKind::Length)],
        _ => &[],
    }
}
