//! TOML as a tree. Its reader has a limit of its own, 80 levels.

use toml::de::{DeTable, DeValue};

use super::{Map, Tree, number};
use crate::{Fault, Kind};

/// The most values and tables, which its reader keeps in 150 bytes each.
const MOST_VALUES: usize = 250_000;

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Tree<'_>, Fault> {
    if marks(text) > MOST_VALUES {
        return Err(Fault::TooManyValues(Kind::Toml));
    }
    let table = DeTable::parse(text).map_err(|_| Fault::Unparseable(Kind::Toml))?;
    Ok(table_of(table.into_inner()))
}

/// How many marks begin or part values, keys and tables, outside of texts and comments: at least as many as there are
/// values.
fn marks(text: &str) -> usize {
    let (mut marks, mut rest) = (0, text);
    while let Some(at) = rest.find(|letter| matches!(letter, ',' | '=' | '[' | '{' | '.' | '\'' | '"' | '#')) {
        let from = &rest[at..];
        let end = match &from[..1] {
            "#" => from.find('\n'),
            "\"" if from.starts_with("\"\"\"") => end_of(from, "\"\"\""),
            "'" if from.starts_with("\'\'\'") => end_of(from, "\'\'\'"),
            "\"" => end_of(from, "\""),
            "'" => end_of(from, "'"),
            _ => {
                marks += 1;
                Some(1)
            }
        };
        rest = end.map_or("", |end| &from[end..]);
    }
    marks
}

/// Where a text that begins with this quote ends.
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

/// A table in the document's order, which its reader keeps by name.
fn table_of(table: DeTable<'_>) -> Tree<'_> {
    let mut members: Vec<_> = table.into_iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    let members = members.into_iter().map(|(key, value)| (key.into_inner(), of(value.into_inner()))).collect();
    Tree::Map(Box::new(Map::new(members)))
}

/// Dates become texts; an infinite number becomes nothing, as there is no digit for it.
fn of(value: DeValue<'_>) -> Tree<'_> {
    match value {
        DeValue::String(text) => Tree::Text(text),
        DeValue::Boolean(truth) => Tree::Truth(truth),
        DeValue::Datetime(time) => Tree::Text(time.to_string().into()),
        DeValue::Array(items) => Tree::List(items.into_iter().map(|item| of(item.into_inner())).collect()),
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
            assert_eq!(marks(text), expected, "{text}");
        }
    }
}
