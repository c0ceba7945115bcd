//! XML by `roxmltree`, after a scan that refuses documents that the parser would take too long for.
//!
//! The parser compares every attribute of an element with every other, and copies the namespaces of an element to all
//! elements in it. Both are fast for documents that people write, and take minutes for hostile ones.

use roxmltree::{Document, Error, ParsingOptions};

use crate::{document_kind::DocumentKind, query_error::QueryError};

/// The most elements, texts and comments.
const MOST_NODES: u32 = 200_000;
/// The most attributes of one element.
pub(crate) const MOST_ATTRIBUTES: usize = 256;
/// The most namespaces in the scope of one element.
const MOST_NAMESPACES: usize = 64;
/// The deepest nesting of elements.
pub(crate) const DEEPEST: usize = 512;

/// Parses XML. A document type declaration is skipped, unless it declares entities.
pub(crate) fn read(text: &str) -> Result<Document<'_>, QueryError> {
    scan(text)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options);
    document.map_err(|fault| match fault {
        Error::NodesLimitReached => QueryError::TooManyValues(DocumentKind::Xml),
        _ => QueryError::Unparseable(DocumentKind::Xml),
    })
}

/// Checks the limits that the parser does not have. Every `<` outside of comments, CDATA sections and processing
/// instructions begins markup.
fn scan(text: &str) -> Result<(), QueryError> {
    // The number of namespaces that each open element declares.
    let mut open: Vec<usize> = Vec::new();
    let mut namespaces = 0;
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if rest.starts_with("<!ENTITY") {
            return Err(QueryError::Entities);
        }
        let enclosed = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((begin, end)) = enclosed.iter().find(|(begin, _)| rest.starts_with(begin)) {
            let body = &rest[begin.len()..];
            rest = body.find(end).map_or("", |at| &body[at + end.len()..]);
            continue;
        }
        if rest.starts_with("</") {
            namespaces -= open.pop().unwrap_or(0);
            rest = &rest[2..];
            continue;
        }
        let tag = &rest[1..1 + tag_length(&rest[1..])];
        rest = &rest[1 + tag.len()..];
        if tag.starts_with('!') {
            continue;
        }
        let declared = tag.matches("xmlns").count();
        if attribute_count(tag) > MOST_ATTRIBUTES || namespaces + declared > MOST_NAMESPACES || open.len() == DEEPEST {
            return Err(QueryError::TooManyValues(DocumentKind::Xml));
        }
        if !tag.ends_with('/') {
            open.push(declared);
            namespaces += declared;
        }
    }
    Ok(())
}

/// The length of a tag, up to its `>`, or up to the next `<`, which a tag cannot contain.
fn tag_length(text: &str) -> usize {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (_, '<') | (None, '>') => return at,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(mark), _) if mark == letter => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The number of attributes of a tag, which is the number of equals signs outside of quotes.
fn attribute_count(tag: &str) -> usize {
    let (mut quote, mut count) = (None, 0);
    for letter in tag.chars() {
        match (quote, letter) {
            (None, '=') => count += 1,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(mark), _) if mark == letter => quote = None,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_people_write_is_read() {
        for text in [
            "<a/>",
            "<?xml version='1.0'?><!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"x.dtd\"><plist>1</plist>",
            "<!-- <!ENTITY \" ' --><a b='>' c=\"&lt;=\">x = y<![CDATA[<!ENTITY <b c=]]></a>",
            "<a xmlns='u' xmlns:b='v'><b:c/></a>",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn hostile_xml_is_refused() {
        let attributes = |count: usize| (0..count).map(|at| format!(" a{at}=''")).collect::<String>();
        let nested = |count: usize| (0..count).map(|at| format!("<a xmlns:n{at}='u{at}'>")).collect::<String>();
        let too_many = QueryError::TooManyValues(DocumentKind::Xml);
        let rows = [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), QueryError::Entities),
            ("<!DOCTYPE a [<!ENTITY % b SYSTEM 'file:///etc/passwd'> %b;]><a/>".to_owned(), QueryError::Entities),
            (format!("<a{}/>", attributes(257)), too_many),
            (nested(65), too_many),
            ("<a>".repeat(513), too_many),
            (format!("<a>{}</a>", "<b/>".repeat(200_000)), too_many),
            ("<a>".to_owned(), QueryError::Unparseable(DocumentKind::Xml)),
            ("<a>&b;</a>".to_owned(), QueryError::Unparseable(DocumentKind::Xml)),
            ("{}".to_owned(), QueryError::Unparseable(DocumentKind::Xml)),
            (String::new(), QueryError::Unparseable(DocumentKind::Xml)),
        ];
        for (text, fault) in rows {
            assert_eq!(read(&text).err(), Some(fault), "{}", &text[..text.len().min(80)]);
        }
    }
}
