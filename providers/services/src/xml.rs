//! Reads XML documents within limits: a caller who names the host may have written the document to keep the server
//! busy.

use roxmltree::{Document, ParsingOptions};

use badgesmith_provider::Failure;

/// The most elements and texts. Metadata of Maven has one element and two texts for each version.
const MOST_NODES: u32 = 200_000;
/// The most attributes of one element; the parser compares each with every other.
const MOST_ATTRIBUTES: usize = 64;
/// The most namespaces in a document. The parser copies those of an element to all elements in it.
const MOST_NAMESPACES: usize = 64;

/// Parses a document without a document type declaration.
///
/// # Errors
/// An invalid response, whose reason says what the document lacks or has too much of.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Failure> {
    let invalid = |reason: String| Failure::invalid_response().because(reason);
    if text.split('<').any(|tag| attribute_count(tag) > MOST_ATTRIBUTES) {
        return Err(invalid(format!("an element has more than {MOST_ATTRIBUTES} attributes")));
    }
    if text.match_indices("xmlns").nth(MOST_NAMESPACES).is_some() {
        return Err(invalid(format!("the document has more than {MOST_NAMESPACES} namespaces")));
    }
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|fault| invalid(fault.to_string()))
}

/// The number of attributes of a tag without its `<`: that of the equals signs outside of quotes, before its `>`. No
/// tag has a `<`, so each begins after one, even if not everything there is a tag.
fn attribute_count(tag: &str) -> usize {
    let (mut quote, mut count) = (None, 0);
    for byte in tag.bytes() {
        match (quote, byte) {
            (None, b'>') => break,
            (None, b'=') => count += 1,
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(mark), _) if mark == byte => quote = None,
            _ => {}
        }
    }
    if tag.starts_with(['!', '?', '/']) { 0 } else { count }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_document_that_would_keep_the_parser_busy_is_refused_before_it_is_parsed() {
        let attributes = (0..200_000).map(|number| format!(" a{number}=''")).collect::<String>();
        let namespaces = (0..300).map(|number| format!(" xmlns:a{number}='b{number}'")).collect::<String>();
        let entities =
            (1..10).map(|level| format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
        for text in [
            format!("<metadata{attributes}/>"),
            format!("<metadata a='>'{attributes}/>"),
            format!("<metadata{namespaces}>{}</metadata>", "<a/>".repeat(100_000)),
            format!("<!DOCTYPE m [<!ENTITY a0 'x'>{}]><m>&a9;</m>", entities.collect::<String>()),
            "<a>".repeat(1_000_000),
            format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000)),
            "<a/>".repeat(1_000_000),
        ] {
            let began = Instant::now();
            assert!(parse(&text).is_err(), "{text:.40}");
            assert!(began.elapsed() < Duration::from_secs(2), "{text:.40} took {:?}", began.elapsed());
        }
        let rule = "=".repeat(100);
        let fine =
            format!("<metadata xmlns:x='x' x:y='>{rule}'><a b='c'>{rule}<![CDATA[{rule}<br>{rule}]]></a></metadata>");
        assert!(parse(&fine).is_ok());
    }
}
