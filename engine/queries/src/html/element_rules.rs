//! HTML's rules for elements: which have no content, which contain no tags, and which close another one.

/// Elements without content.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements whose start tag closes a paragraph.
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

/// Whether an element's content has no tags.
pub(super) fn is_raw(name: &str) -> bool {
    is_foreign(name) || matches!(name, "title" | "textarea")
}

/// Whether an element's content is another language, without tags and character references.
pub(super) fn is_foreign(name: &str) -> bool {
    matches!(name, "script" | "style")
}

/// Whether the start tag of an element closes the innermost open element.
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

/// Whether an end tag in this element closes no element outside of it, except for parts of a table.
pub(super) fn ends_scope(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption")
}
