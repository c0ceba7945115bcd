//! What HTML knows of its elements: which have no end, which hold no tags, and which end another one.

/// Elements that hold nothing.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that end a paragraph.
const BLOCKS: [&str; 29] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "ul",
];

pub(super) fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// Whether there are no tags in an element.
pub(super) fn is_raw(name: &str) -> bool {
    is_hidden(name) || matches!(name, "title" | "textarea")
}

/// Whether an element's text is none of HTML's, so that there are no entities in it either.
pub(super) fn is_hidden(name: &str) -> bool {
    matches!(name, "script" | "style")
}

/// Whether an element that begins here ends the one it stands in.
pub(super) fn closes(name: &str, open: &str) -> bool {
    match open {
        "p" => BLOCKS.contains(&name) || name == "table",
        "li" => name == "li",
        "dt" | "dd" => matches!(name, "dt" | "dd"),
        "option" => matches!(name, "option" | "optgroup"),
        "optgroup" => name == "optgroup",
        "td" | "th" => matches!(name, "td" | "th" | "tr" | "tbody" | "thead" | "tfoot"),
        "tr" => matches!(name, "tr" | "tbody" | "thead" | "tfoot"),
        "tbody" | "thead" | "tfoot" => matches!(name, "tbody" | "thead" | "tfoot"),
        "head" => name == "body",
        _ => false,
    }
}

/// Whether an end tag within such an element ends nothing outside of it, but other parts of a table.
pub(super) fn ends_scope(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption")
}
