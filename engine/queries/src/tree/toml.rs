//! TOML by the `toml` crate, which limits the nesting to 80 levels. Documents that would need too much memory are
//! refused before they are parsed.

use toml::de::{DeTable, DeValue};

use super::{
    number::number,
    value::{Map, Tree},
};
use crate::{document_kind::DocumentKind, query_error::QueryError};

/// The most values; the parser needs 150 bytes for each.
const MOST_VALUES: usize = 150_000;
/// The most tables; the parser reserves memory for eleven values in each.
const MOST_TABLES: usize = 30_000;
/// The most tokens, with whitespace and line ends; the parser keeps about 50 bytes for each until it is done.
const MOST_TOKENS: usize = 1_000_000;

/// Parses a document.
pub(super) fn read(text: &str) -> Result<Tree<'_>, QueryError> {
    let counted = count_tokens(text);
    if counted.values > MOST_VALUES || counted.tables > MOST_TABLES || counted.tokens > MOST_TOKENS {
        return Err(QueryError::TooManyValues(DocumentKind::Toml));
    }
    let table = DeTable::parse(text).map_err(|_| QueryError::Unparseable(DocumentKind::Toml))?;
    Ok(table_of(table.into_inner()))
}

/// Upper bounds for the number of values, tables and tokens of a document, counted from its punctuation.
#[derive(Default)]
struct TokenCounts {
    values: usize,
    tables: usize,
    tokens: usize,
}

/// Counts the punctuation of values, keys and tables outside of strings and comments.
fn count_tokens(text: &str) -> TokenCounts {
    let (mut counted, mut rest) = (TokenCounts::default(), text);
    while let Some(at) = rest.find([',', '=', '[', ']', '{', '}', '.', '\'', '"', '#', ' ', '\t', '\n']) {
        let from = &rest[at..];
        let end = match &from[..1] {
            "#" => from.find('\n'),
            "\"" if from.starts_with("\"\"\"") => end_of(from, "\"\"\""),
            "'" if from.starts_with("\'\'\'") => end_of(from, "\'\'\'"),
            "\"" => end_of(from, "\""),
            "'" => end_of(from, "'"),
            " " | "\t" => Some(from.len() - from.trim_start_matches([' ', '\t']).len()),
            mark => {
                counted.values += usize::from(matches!(mark, "," | "=" | "[" | "{" | "."));
                // A dot may also be in a number, but an upper bound may be too high.
                counted.tables += usize::from(matches!(mark, "[" | "{" | "."));
                Some(1)
            }
        };
        // The token before the punctuation, such as a key.
        counted.tokens += 1 + usize::from(at > 0);
        rest = end.map_or("", |end| &from[end..]);
    }
    counted
}

/// The end of the string that begins with this quote.
fn end_of(text: &str, quote: &str) -> Option<usize> {
    let mut at = quote.len();
    while let Some(found) = text[at..].find(['\\', '\'', '"', '\n']) {
        at += found;
        match text.as_bytes()[at] {
            b'\\' if quote.starts_with('"') => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            b'\n' if quote.len() == 1 => return Some(at),
            _ if text[at..].starts_with(quote) => return Some(at + quote.len()),
            _ => at += 1,
        }
    }
    None
}

/// A table in the document's order; the parser sorts it by name.
fn table_of(table: DeTable<'_>) -> Tree<'_> {
    let mut members: Vec<_> = table.into_iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    let members = members.into_iter().map(|(key, value)| (key.into_inner(), tree_of(value.into_inner()))).collect();
    Tree::Map(Box::new(Map::new(members)))
}

/// A value as a tree. A date becomes a text; an infinite number or NaN becomes null, because it has no digits.
fn tree_of(value: DeValue<'_>) -> Tree<'_> {
    match value {
        DeValue::String(text) => Tree::Text(text),
        DeValue::Boolean(truth) => Tree::Bool(truth),
        DeValue::Datetime(time) => Tree::Text(time.to_string().into()),
        DeValue::Array(items) => Tree::List(items.into_iter().map(|item| tree_of(item.into_inner())).collect()),
        DeValue::Table(table) => table_of(table),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Tree::Number(number.to_string().into()),
            Err(_) => Tree::Number(integer.as_str().to_owned().into()),
        },
        DeValue::Float(float) if float.as_str().trim_start_matches(['+', '-']).starts_with(['i', 'n']) => Tree::Null,
        DeValue::Float(float) => Tree::Number(number(float.as_str()).into_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_before_they_are_read() {
        let rows = [
            ("a = 1", 1),
            ("a.b.c = [1, 2]", 5),
            ("a = 'x.y, z=1'", 1),
            ("a = \"x\\\".y\" # = . ,\nb = 2", 2),
            ("a = \"\"\"\n.\"=,\n\"\"\"\nb = 1", 2),
            ("a = \'\'\'\n.'=,\\\'\'\'\nb = 1", 2),
            ("[a.b]", 2),
            ("a = { b = 1.5 }", 4),
            ("a = \"x\\", 1),
            ("a = 'x", 1),
        ];
        for (text, expected) in rows {
            assert!(count_tokens(text).tokens >= expected, "{text}");
            assert_eq!(count_tokens(text).values, expected, "{text}");
        }
    }
}
