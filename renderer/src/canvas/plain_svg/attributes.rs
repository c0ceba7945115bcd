//! The attributes that are known: those that say how something looks, and those that say what it is.

use resvg::usvg::roxmltree::{Attribute, Node};

use super::{XLINK_NAMESPACE, values::Kind};

const FILL_RULES: Kind = Kind::Word(&["nonzero", "evenodd"]);
const UNITS: Kind = Kind::Word(&["userSpaceOnUse", "objectBoundingBox"]);

/// What every element may have, as an attribute of its own or in `style`.
pub(super) const PRESENTATION: &[(&str, Kind)] = &[
    ("background-color", Kind::Color),
    ("clip-path", Kind::ClipPath),
    ("clip-rule", FILL_RULES),
    ("color", Kind::Color),
    ("display", Kind::Word(&["none"])),
    // What usvg makes of a paint that it cannot read.
    ("fill", Kind::Paint { otherwise: "#000000" }),
    ("fill-opacity", Kind::Opacity),
    ("fill-rule", FILL_RULES),
    ("filter", Kind::Nothing),
    ("marker", Kind::Nothing),
    ("marker-end", Kind::Nothing),
    ("marker-mid", Kind::Nothing),
    ("marker-start", Kind::Nothing),
    ("mask", Kind::Nothing),
    ("opacity", Kind::Opacity),
    ("paint-order", Kind::PaintOrder),
    ("requiredExtensions", Kind::Nothing),
    ("requiredFeatures", Kind::Nothing),
    ("shape-rendering", Kind::Word(&["auto", "optimizeSpeed", "crispEdges", "geometricPrecision"])),
    ("stop-color", Kind::Color),
    ("stop-opacity", Kind::Opacity),
    ("stroke", Kind::Paint { otherwise: "none" }),
    // Short dashes make millions of a long line.
    ("stroke-dasharray", Kind::Nothing),
    ("stroke-linecap", Kind::Word(&["butt", "round", "square"])),
    ("stroke-linejoin", Kind::Word(&["miter", "miter-clip", "round", "bevel"])),
    ("stroke-miterlimit", Kind::Number),
    ("stroke-opacity", Kind::Opacity),
    ("stroke-width", Kind::Length),
    ("systemLanguage", Kind::Nothing),
    ("transform", Kind::Transform),
    ("transform-origin", Kind::Origin),
    ("visibility", Kind::Word(&["visible", "hidden", "collapse"])),
];

/// What only `style` says.
pub(super) const STYLE_ONLY: &[(&str, Kind)] = &[
    ("isolation", Kind::Word(&["auto", "isolate"])),
    (
        "mix-blend-mode",
        Kind::Word(&[
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

/// What one kind of element has besides.
pub(super) fn of_element(name: &str) -> &'static [(&'static str, Kind)] {
    match name {
        "svg" => &[
            ("viewBox", Kind::ViewBox),
            ("width", Kind::Length),
            ("height", Kind::Length),
            ("preserveAspectRatio", Kind::AspectRatio),
        ],
        "rect" => &[
            ("x", Kind::Length),
            ("y", Kind::Length),
            ("width", Kind::Length),
            ("height", Kind::Length),
            ("rx", Kind::Length),
            ("ry", Kind::Length),
        ],
        "circle" => &[("cx", Kind::Length), ("cy", Kind::Length), ("r", Kind::Length)],
        "ellipse" => &[("cx", Kind::Length), ("cy", Kind::Length), ("rx", Kind::Length), ("ry", Kind::Length)],
        "line" => &[("x1", Kind::Length), ("y1", Kind::Length), ("x2", Kind::Length), ("y2", Kind::Length)],
        "use" => &[("x", Kind::Length), ("y", Kind::Length)],
        "clipPath" => &[("clipPathUnits", UNITS)],
        "linearGradient" => &[
            ("x1", Kind::Length),
            ("y1", Kind::Length),
            ("x2", Kind::Length),
            ("y2", Kind::Length),
            ("gradientUnits", UNITS),
            ("gradientTransform", Kind::Transform),
            ("spreadMethod", Kind::Word(&["pad", "reflect", "repeat"])),
        ],
        "radialGradient" => &[
            ("cx", Kind::Length),
            ("cy", Kind::Length),
            ("r", Kind::Length),
            ("fx", Kind::Length),
            ("fy", Kind::Length),
            ("fr", Kind::Length),
            ("gradientUnits", UNITS),
            ("gradientTransform", Kind::Transform),
            ("spreadMethod", Kind::Word(&["pad", "reflect", "repeat"])),
        ],
        "stop" => &[("offset", Kind::Length)],
        _ => &[],
    }
}

/// An attribute as it is written.
pub(super) fn own<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let is_it = |attribute: &Attribute| attribute.namespace().is_none() && attribute.name() == name;
    node.attributes().find(is_it).map(|attribute| attribute.value())
}

/// The last value that `style` gives a property.
pub(super) fn styled<'a>(style: &'a str, name: &str) -> Option<&'a str> {
    style.rsplit(';').find_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        let value = value.trim_end();
        let value = value.strip_suffix("!important").unwrap_or(value);
        (property.trim() == name).then_some(value)
    })
}

/// The id in this document that an element refers to.
pub(super) fn reference<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let old = node.attribute((XLINK_NAMESPACE, "href"));
    own(node, "href").or(old)?.trim().strip_prefix('#')
}
