//! A scan of an XML document before it is parsed, which verifies that parsing it is cheap.

use super::limits::{MAX_DEPTH, MAX_ELEMENTS};

/// The most attributes of one element; the parser compares each with all others. Editors write 30 on the root element.
const MAX_ATTRIBUTES: usize = 64;
/// The most namespace declarations; the parser looks up each prefix among all of them.
const MAX_NAMESPACES: usize = 64;

/// Whether the document has no document type and stays within the limits for elements, nesting, attributes and
/// namespaces.
///
/// If a document is not well-formed, the counts are correct up to its first error, where the parser stops.
pub(super) fn is_within_bounds(text: &str) -> bool {
    text.matches("xmlns").count() <= MAX_NAMESPACES && count(text).is_some()
}

fn count(text: &str) -> Option<()> {
    let (mut rest, mut elements, mut depth) = (text, 0usize, 0usize);
    while let Some((_, markup)) = rest.split_once('<') {
        rest = if let Some(comment) = markup.strip_prefix("!--") {
            after(comment, "-->")
        } else if let Some(data) = markup.strip_prefix("![CDATA[") {
            after(data, "]]>")
        } else if let Some(instruction) = markup.strip_prefix('?') {
            after(instruction, "?>")
        } else if markup.starts_with('!') {
            return None;
        } else {
            let (tag, rest) = tag(markup)?;
            if tag.starts_with('/') {
                depth = depth.saturating_sub(1);
            } else {
                elements += 1;
                depth += usize::from(!tag.ends_with('/'));
            }
            rest
        };
        if elements > MAX_ELEMENTS || depth > MAX_DEPTH {
            return None;
        }
    }
    Some(())
}

/// The text after the first `end`; empty if there is none.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// A tag up to its `>`, and the text after it; `None` if the tag has too many attributes.
fn tag(text: &str) -> Option<(&str, &str)> {
    let (mut quote, mut attributes) = (None, 0);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some((text.get(..at)?, text.get(at + 1..)?)),
            (None, b'=') => {
                attributes += 1;
                if attributes > MAX_ATTRIBUTES {
                    return None;
                }
            }
            (None, _) => {}
        }
    }
    Some((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_expensive_to_parse_is_detected() {
        let many = |text: &str, times: usize| text.repeat(times);
        for (text, expected) in [
            ("<a><b x='>' y=\"<\"/><!-- <!DOCTYPE --><![CDATA[<!DOCTYPE]]><?x <!?></a>".to_owned(), true),
            ("<!DOCTYPE svg><a/>".to_owned(), false),
            ("<a><!ENTITY x 'y'></a>".to_owned(), false),
            (many("<a/>", MAX_ELEMENTS), true),
            (many("<a/>", MAX_ELEMENTS + 1), false),
            (many("<a>", MAX_DEPTH), true),
            (many("<a>", MAX_DEPTH + 1), false),
            (many("<a></a>", MAX_ELEMENTS), true),
            (format!("<a {}/>", many("b=''", MAX_ATTRIBUTES)), true),
            (format!("<a {}/>", many("b=''", MAX_ATTRIBUTES + 1)), false),
            (many("<a xmlns:b=''/>", MAX_NAMESPACES + 1), false),
            ("<a b='".to_owned(), true),
            ("<!-- ".to_owned(), true),
        ] {
            assert_eq!(is_within_bounds(&text), expected, "{}", text.chars().take(200).collect::<String>());
        }
    }
}
