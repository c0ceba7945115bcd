//! A JSONPath or an XPath; its quoted texts may contain parameters of a call.

use std::{error::Error, fmt};

use badgesmith_queries::{Document, DocumentKind, QueryError};

use super::{
    braces,
    lookup::{Leaf, Lookup},
};

/// A query whose parameters are not filled in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueryTemplate {
    kind: DocumentKind,
    pieces: Vec<QueryPiece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum QueryPiece {
    Literal(String),
    /// A parameter inside these quotes.
    Quoted(String, char),
}

/// Why a text is not a valid query, with what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum QueryTemplateError {
    /// A parameter is not inside quotes.
    NotQuoted(DocumentKind, String),
    /// The query cannot be parsed.
    Query(DocumentKind, String, QueryError),
}

impl QueryTemplate {
    /// Reads a query for documents of this kind.
    pub(super) fn parse(kind: DocumentKind, text: &str) -> Result<Self, QueryTemplateError> {
        let template = Self { kind, pieces: pieces(kind, text)? };
        let smallest = match kind {
            DocumentKind::Xml => "<a/>",
            DocumentKind::Toml => "a = 1",
            _ => "{}",
        };
        let query = template.fill(|_| "x").unwrap_or_default();
        let tried = Document::read(kind, smallest).and_then(|document| document.count(&query));
        match tried {
            Err(fault) if fault.is_in_query() => Err(QueryTemplateError::Query(kind, text.to_owned(), fault)),
            _ => Ok(template),
        }
    }

    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            QueryPiece::Literal(_) => None,
            QueryPiece::Quoted(name, _) => Some(name.as_str()),
        })
    }

    /// The result of the query in a document.
    pub(super) fn find<'a>(
        &self,
        text: &str,
        leaf: Leaf,
        parameter: impl Fn(&str) -> &'a str,
    ) -> Result<Lookup, QueryError> {
        let document = Document::lazy(self.kind, text)?;
        // A parameter that contains the quote cannot be written in an XPath.
        let Some(query) = self.fill(parameter) else { return Ok(Lookup::Nothing) };
        let texts = match leaf {
            Leaf::Count => return self.count(&document, &query),
            Leaf::Value => document.find(&query),
            Leaf::Items => document.find_all(&query),
        };
        match texts {
            Err(QueryError::NoResult) => Ok(Lookup::EmptyList),
            Err(fault) => Err(fault),
            Ok(texts) if leaf == Leaf::Items => Ok(Lookup::of_items(texts.into_iter().map(Into::into).collect())),
            Ok(texts) => Ok(texts.into_iter().next().map_or(Lookup::Nothing, |text| Lookup::of_value(text.into()))),
        }
    }

    /// How many values the query finds. A list without matches counts as 0; a missing list is [`Lookup::EmptyList`],
    /// except in XML, where it counts as 0, too.
    fn count(&self, document: &Document<'_>, query: &str) -> Result<Lookup, QueryError> {
        Ok(match (document.count(query)?, self.kind) {
            (Some(count), _) => Lookup::Count(count as u64),
            (None, DocumentKind::Xml) => Lookup::Count(0),
            (None, _) => match without_last_brackets(query).map(|list| document.count(list)).transpose()?.flatten() {
                Some(_) => Lookup::Count(0),
                None => Lookup::EmptyList,
            },
        })
    }

    fn fill<'a>(&self, parameter: impl Fn(&str) -> &'a str) -> Option<String> {
        let mut query = String::new();
        for piece in &self.pieces {
            match piece {
                QueryPiece::Literal(text) => query.push_str(text),
                QueryPiece::Quoted(name, quote) if self.kind == DocumentKind::Xml => {
                    let text = parameter(name);
                    if text.contains(*quote) {
                        return None;
                    }
                    query.push_str(text);
                }
                QueryPiece::Quoted(name, quote) => escape(parameter(name), *quote, &mut query),
            }
        }
        Some(query)
    }
}

/// Appends a text, escaped, to a quoted string of a JSONPath.
fn escape(text: &str, quote: char, query: &mut String) {
    for letter in text.chars() {
        match letter {
            letter if letter == quote || letter == '\\' => query.extend(['\\', letter]),
            letter if letter.is_control() => query.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => query.push(letter),
        }
    }
}

/// Splits a query at its parameters. Braces that do not enclose a name are part of the query.
fn pieces(kind: DocumentKind, text: &str) -> Result<Vec<QueryPiece>, QueryTemplateError> {
    let mut pieces = Vec::new();
    let (mut literal, mut quote, mut is_escaped) = (String::new(), None, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some((name, after)) = name_at(rest).filter(|_| !is_escaped) {
            let Some(quote) = quote else { return Err(QueryTemplateError::NotQuoted(kind, name.to_owned())) };
            pieces.push(QueryPiece::Literal(std::mem::take(&mut literal)));
            pieces.push(QueryPiece::Quoted(name.to_owned(), quote));
            rest = after;
            continue;
        }
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if letter == '\\' && kind != DocumentKind::Xml => is_escaped = true,
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            _ => {}
        }
        literal.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    pieces.push(QueryPiece::Literal(literal));
    Ok(pieces)
}

/// The parameter at the beginning of a text, and the rest. `{2}` is not a parameter: it belongs to a regex.
fn name_at(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = braces::is_name(name) && name.starts_with(|first: char| first.is_ascii_alphabetic());
    is_name.then_some((name, after))
}

/// The JSONPath without the brackets at its end, which is the list that the brackets select from.
fn without_last_brackets(query: &str) -> Option<&str> {
    let query = query.trim_end().strip_suffix(']')?;
    let (mut quote, mut is_escaped, mut open) = (None, false, Vec::new());
    for (at, letter) in query.char_indices() {
        match (quote, letter) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => open.push(at),
            (None, ']') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open.first().map(|at| &query[..*at]).filter(|list| !list.is_empty())
}

impl fmt::Display for QueryTemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotQuoted(DocumentKind::Xml, name) => {
                write!(f, "{{{name}}} is not in quotes; write it as in //project[@name='{{{name}}}']")
            }
            Self::NotQuoted(_, name) => {
                write!(f, "{{{name}}} is not in quotes; write ['{{{name}}}'], as in $['{{{name}}}'].version")
            }
            Self::Query(DocumentKind::Xml, text, fault) => {
                write!(f, "{text:?}: {fault}; write an XPath 1.0 such as \"//version\"")
            }
            Self::Query(_, text, fault) => write!(f, "{text:?}: {fault}; write a JSONPath such as \"$.versions[*]\""),
        }
    }
}

impl Error for QueryTemplateError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::declarative::lookup::found_text;

    #[test]
    fn a_query_finds_a_value_items_and_a_number() {
        let json =
            r#"{"list":[{"v":"1","ok":true},{"v":"2","ok":false},{"v":"3"}],"none":[],"a'\"\\b":{"v":"x"},"no":null}"#;
        let xml = "<a><v n='1'>1</v><v n='2'>2</v></a>";
        let rows = [
            (DocumentKind::Json, "$.list[*].v", "\"1\"", "items [\"1\",\"2\",\"3\"]", "count 3"),
            (DocumentKind::Json, "$.list[?@.ok==true].v", "\"1\"", "items [\"1\"]", "count 1"),
            (DocumentKind::Json, "$.list[?@.v=='{none}']", "empty", "empty", "count 0"),
            (DocumentKind::Json, "$.other[?@.v=='{none}']", "empty", "empty", "empty"),
            (DocumentKind::Json, "$['{odd}'].v", "\"x\"", "items [\"x\"]", "count 1"),
            (DocumentKind::Json, "$[\"{odd}\"].v", "\"x\"", "items [\"x\"]", "count 1"),
            (DocumentKind::Json, "$.none", "empty", "empty", "count 0"),
            (DocumentKind::Json, "$.other", "empty", "empty", "empty"),
            (DocumentKind::Xml, "//v", "\"1\"", "items [\"1\",\"2\"]", "count 2"),
            (DocumentKind::Xml, "//v[@n='{two}']", "\"2\"", "items [\"2\"]", "count 1"),
            (DocumentKind::Xml, "//v[@n='{odd}']", "nothing", "nothing", "nothing"),
            (DocumentKind::Xml, "//w", "empty", "empty", "count 0"),
        ];
        for (kind, query, value, items, count) in rows {
            let template = QueryTemplate::parse(kind, query).unwrap();
            let text = if kind == DocumentKind::Xml { xml } else { json };
            let parameter = |name: &str| match name {
                "odd" => "a'\"\\b",
                "two" => "2",
                _ => "-",
            };
            let found = [Leaf::Value, Leaf::Items, Leaf::Count]
                .map(|leaf| found_text(template.find(text, leaf, parameter).unwrap()));
            assert_eq!(found, [value, items, count], "{query}");
        }
    }
}
