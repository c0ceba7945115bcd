//! A look at the text of an XML document, to know before it is parsed that parsing it is cheap.

use super::{MOST_ELEMENTS, MOST_LEVELS};

/// The most attributes of one element; a parser compares each with all others. Editors write 30 on the root.
const MOST_ATTRIBUTES: usize = 64;
/// The most declarations of namespaces; a parser looks for each prefix among all of them.
const MOST_NAMESPACES: usize = 64;

/// Whether the document has no document type, and its elements, levels, attributes and namespaces are not too many.
///
/// Of a document that is not well-formed only the part up to its fault is counted rightly, and no parser gets further.
pub(super) fn is_within_bounds(text: &str) -> bool {
    text.matches("xmlns").count() <= MOST_NAMESPACES && count(text).is_some()
}

fn count(text: &str) -> Option<()> {
    let (mut rest, mut elements, mut levels) = (text, 0usize, 0usize);
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
                levels = levels.saturating_sub(1);
            } else {
                elements += 1;
                levels += usize::from(!tag.ends_with('/'));
            }
            rest
        };
        if elements > MOST_ELEMENTS || levels > MOST_LEVELS {
            return None;
        }
    }
    Some(())
}

/// What follows the first `end`; nothing where there is none.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// A tag up to its `>`, and what follows; `None` where it has too many attributes.
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
                if attributes > MOST_ATTRIBUTES {
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
    fn what_a_parser_would_take_long_for_is_seen_before() {
        let many = |text: &str, times: usize| text.repeat(times);
        for (text, expected) in [
            ("<a><b x='>' y=\"<\"/><!-- <!DOCTYPE --><![CDATA[<!DOCTYPE]]><?x <!?></a>".to_owned(), true),
            ("<!DOCTYPE svg><a/>".to_owned(), false),
            ("<a><!ENTITY x 'y'></a>".to_owned(), false),
            (many("<a/>", MOST_ELEMENTS), true),
            (many("<a/>", MOST_ELEMENTS + 1), false),
            (many("<a>", MOST_LEVELS), true),
            (many("<a>", MOST_LEVELS + 1), false),
            (many("<a></a>", MOST_ELEMENTS), true),
            (format!("<a {}/>", many("b=''", MOST_ATTRIBUTES)), true),
            (format!("<a {}/>", many("b=''", MOST_ATTRIBUTES + 1)), false),
            (many("<a xmlns:b=''/>", MOST_NAMESPACES + 1), false),
            ("<a b='".to_owned(), true),
            ("<!-- ".to_owned(), true),
        ] {
            assert_eq!(is_within_bounds(&text), expected, "{}", text.chars().take(200).collect::<String>());
        }
    }
}
