//! Reading the attributes of a parsed document.

use resvg::usvg::roxmltree::{Attribute, Node};

const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";
const XLINK_NAMESPACE: &str = "http://www.w3.org/1999/xlink";

/// Whether an element belongs to SVG; editors add elements of their own.
pub(super) fn is_svg(node: Node) -> bool {
    matches!(node.tag_name().namespace(), None | Some(SVG_NAMESPACE))
}

/// An attribute without a namespace.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let has_name = |attribute: &Attribute| attribute.namespace().is_none() && attribute.name() == name;
    node.attributes().find(has_name).map(|attribute| attribute.value())
}

/// The last value of a property in a `style` attribute.
pub(super) fn style_property<'a>(style: &'a str, name: &str) -> Option<&'a str> {
    style.rsplit(';').find_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        let value = value.trim_end();
        let value = value.strip_suffix("!important").unwrap_or(value);
        (property.trim() == name).then_some(value)
    })
}

/// The id that an element's `href` refers to, if it is in this document.
pub(super) fn reference<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let xlink = node.attribute((XLINK_NAMESPACE, "href"));
    attribute(node, "href").or(xlink)?.trim().strip_prefix('#')
}
