//! YAML, built from the events of `granit-parser`; values are counted as they come, aliases included.
//!
//! Scalars follow YAML 1.2's core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>), with the merge key `<<` of
//! YAML 1.1 (<https://yaml.org/type/merge.html>). A decimal number keeps its digits, so that the version `1.20` is not
//! shown as 1.2.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::{
    number::number,
    value::{Map, Tree},
};
use crate::{document_kind::DocumentKind, query_error::QueryError};

/// The deepest nesting of values: deeper than people write.
const DEEPEST: usize = 64;
/// The most values, with aliases expanded. A text counts as one value more for every [`BYTES_A_VALUE`] bytes.
const MOST_VALUES: usize = 250_000;
const BYTES_A_VALUE: usize = 64;

const INVALID: QueryError = QueryError::Unparseable(DocumentKind::Yaml);
const TOO_MUCH: QueryError = QueryError::TooManyValues(DocumentKind::Yaml);

/// Parses one document; an empty one is null.
pub(super) fn read(text: &str) -> Result<Tree<'_>, QueryError> {
    let mut builder = TreeBuilder::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, _) = event.map_err(|_| INVALID)?;
        builder.take(event)?;
    }
    Ok(builder.root.unwrap_or(Tree::Null))
}

/// A list or a map that is not complete, and the number of its anchor; 0 if it has none.
struct OpenContainer<'t> {
    container: ContainerParts<'t>,
    anchor: usize,
}

enum ContainerParts<'t> {
    List(Vec<Tree<'t>>),
    Map {
        members: Vec<(Cow<'t, str>, Tree<'t>)>,
        /// The key whose value comes next.
        key: Option<MapKey<'t>>,
        /// The values of merge keys, which are merged in at the end.
        merged: Vec<Tree<'t>>,
    },
}

enum MapKey<'t> {
    /// `<<`.
    Merge,
    Name(Cow<'t, str>),
}

#[derive(Default)]
struct TreeBuilder<'t> {
    root: Option<Tree<'t>>,
    open: Vec<OpenContainer<'t>>,
    anchors: HashMap<usize, Tree<'t>>,
    values: usize,
}

impl<'t> TreeBuilder<'t> {
    fn take(&mut self, event: Event<'t>) -> Result<(), QueryError> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(INVALID),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1 + text.len() / BYTES_A_VALUE)?;
                let is_merge = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                let value = scalar(text.clone(), style, tag.as_deref())?;
                // A key is the text as it is written, so that 1.10 is kept.
                match self.open.last_mut() {
                    Some(OpenContainer { container: ContainerParts::Map { key: key @ None, .. }, .. }) => {
                        *key = Some(if is_merge { MapKey::Merge } else { MapKey::Name(text) });
                        self.keep_anchor(anchor, &value);
                        Ok(())
                    }
                    _ => self.add(value, anchor),
                }
            }
            Event::SequenceStart(_, anchor, _) => self.begin(ContainerParts::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => {
                self.begin(ContainerParts::Map { members: Vec::new(), key: None, merged: Vec::new() }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let OpenContainer { container, anchor } = self.open.pop().ok_or(INVALID)?;
                let value = match container {
                    ContainerParts::List(items) => Tree::List(items.into_boxed_slice()),
                    ContainerParts::Map { members, merged, .. } => Tree::Map(Box::new(merge(members, merged)?)),
                };
                self.add(value, anchor)
            }
            Event::Alias(anchor) => {
                let extent = measure(self.anchors.get(&anchor).ok_or(INVALID)?);
                if self.open.len() + extent.depth > DEEPEST {
                    return Err(TOO_MUCH);
                }
                self.count(extent.values)?;
                let value = self.anchors.get(&anchor).cloned().unwrap_or(Tree::Null);
                match (self.open.last_mut(), &value) {
                    (
                        Some(OpenContainer { container: ContainerParts::Map { key: key @ None, .. }, .. }),
                        Tree::Text(text),
                    ) => {
                        *key = Some(MapKey::Name(text.clone()));
                        Ok(())
                    }
                    _ => self.add(value, 0),
                }
            }
            _ => Ok(()),
        }
    }

    /// Counts values, and fails if there are more than [`MOST_VALUES`].
    fn count(&mut self, more: usize) -> Result<(), QueryError> {
        self.values += more;
        if self.values > MOST_VALUES { Err(TOO_MUCH) } else { Ok(()) }
    }

    fn begin(&mut self, container: ContainerParts<'t>, anchor: usize) -> Result<(), QueryError> {
        self.count(1)?;
        if self.open.len() == DEEPEST {
            return Err(TOO_MUCH);
        }
        self.open.push(OpenContainer { container, anchor });
        Ok(())
    }

    fn keep_anchor(&mut self, anchor: usize, value: &Tree<'t>) {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    /// Adds a complete value to the innermost open container.
    fn add(&mut self, value: Tree<'t>, anchor: usize) -> Result<(), QueryError> {
        if anchor != 0 {
            // A copy is kept for its aliases.
            self.count(measure(&value).values)?;
            self.keep_anchor(anchor, &value);
        }
        match self.open.last_mut().map(|open| &mut open.container) {
            None => self.root = Some(value),
            Some(ContainerParts::List(items)) => items.push(value),
            Some(ContainerParts::Map { members, key, merged }) => match key.take() {
                // The key is a list or a map, which no path can name.
                None => return Err(INVALID),
                Some(MapKey::Merge) => merged.push(value),
                Some(MapKey::Name(name)) => members.push((name, value)),
            },
        }
        Ok(())
    }
}

/// A map with the members of merged maps, which never replace its own. Two own members of the same name are an error.
fn merge<'t>(mut members: Vec<(Cow<'t, str>, Tree<'t>)>, merged: Vec<Tree<'t>>) -> Result<Map<'t>, QueryError> {
    let own = members.len();
    if merged.is_empty() {
        let map = Map::new(members);
        return if map.len() == own { Ok(map) } else { Err(INVALID) };
    }
    let mut names: HashSet<_> = members.iter().map(|(name, _)| name.clone()).collect();
    if names.len() < own {
        return Err(INVALID);
    }
    for value in merged {
        let values = if let Tree::List(values) = value { values.into_vec() } else { vec![value] };
        for value in values {
            let Tree::Map(other) = value else { return Err(INVALID) };
            members.extend(other.into_members().into_iter().filter(|(name, _)| names.insert(name.clone())));
        }
    }
    Ok(Map::new(members))
}

/// How many values a tree has, and how deep it is.
struct Extent {
    values: usize,
    depth: usize,
}

fn measure(tree: &Tree) -> Extent {
    let around = |parts: &mut dyn Iterator<Item = Extent>| {
        parts.fold(Extent { values: 1, depth: 1 }, |sum, part| Extent {
            values: sum.values + part.values,
            depth: sum.depth.max(part.depth + 1),
        })
    };
    match tree {
        Tree::Text(text) => Extent { values: 1 + text.len() / BYTES_A_VALUE, depth: 0 },
        Tree::List(items) => around(&mut items.iter().map(measure)),
        Tree::Map(map) => around(&mut map.iter().map(|(name, value)| {
            let extent = measure(value);
            Extent { values: extent.values + name.len() / BYTES_A_VALUE, ..extent }
        })),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => Extent { values: 1, depth: 0 },
    }
}

fn scalar<'t>(text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Tree<'t>, QueryError> {
    let suffix = tag.map(|tag| tag.core_suffix());
    let is_plain = style == ScalarStyle::Plain;
    match suffix {
        Some(Some("null" | "bool" | "int" | "float")) => core(text).map_err(|_| INVALID),
        None if is_plain => Ok(core(text).unwrap_or_else(Tree::Text)),
        // An application's own tag does not change the type.
        Some(None) if is_plain && tag.is_some_and(|tag| !tag.suffix().is_empty()) => {
            Ok(core(text).unwrap_or_else(Tree::Text))
        }
        _ => Ok(Tree::Text(text)),
    }
}

/// Null, a boolean or a number by the core schema; otherwise the text is returned as the error.
fn core(text: Cow<'_, str>) -> Result<Tree<'_>, Cow<'_, str>> {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Tree::Null),
        "true" | "True" | "TRUE" => return Ok(Tree::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Tree::Bool(false)),
        // NaN and infinity have no digits that a badge could show.
        ".nan" | ".NaN" | ".NAN" => return Ok(Tree::Null),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Ok(Tree::Null);
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Err(text);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(prefix).filter(|digits| !digits.starts_with(['+', '-'])) {
            let Ok(number) = i64::from_str_radix(digits, radix) else { return Err(text) };
            let number = if text.starts_with('-') { -number } else { number };
            return Ok(Tree::Number(number.to_string().into()));
        }
    }
    let is_number = |char: char| char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E' | '-' | '+');
    if !text.chars().all(is_number) || text.parse::<f64>().is_err() {
        return Err(text);
    }
    // A number too large for a float, such as 12e4567, is more likely a hash and keeps its text.
    let shown = number(text.strip_prefix('+').unwrap_or(&text)).into_owned();
    Ok(Tree::Number(shown.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_shown_as_it_is_written() {
        let rows = [
            ("1.20", "Number(\"1.20\")"),
            ("1.0", "Number(\"1.0\")"),
            ("010", "Number(\"010\")"),
            ("+5", "Number(\"5\")"),
            ("5.", "Number(\"5.\")"),
            ("18446744073709551617", "Number(\"18446744073709551617\")"),
            ("1e3", "Number(\"1000\")"),
            ("12e4567", "Number(\"12e4567\")"),
            ("1_000", "Text(\"1_000\")"),
            ("0x1F", "Number(\"31\")"),
            ("0o17", "Number(\"15\")"),
            ("0b11", "Text(\"0b11\")"),
            ("1.2.3", "Text(\"1.2.3\")"),
            ("2026-11-21", "Text(\"2026-11-21\")"),
            ("0xyz", "Text(\"0xyz\")"),
            ("1_", "Text(\"1_\")"),
            ("yes", "Text(\"yes\")"),
            ("True", "Bool(true)"),
            ("'1.20'", "Text(\"1.20\")"),
            ("!!str 1.20", "Text(\"1.20\")"),
            ("!!float '1.20'", "Number(\"1.20\")"),
            ("!mine 1.20", "Number(\"1.20\")"),
            (".inf", "Null"),
        ];
        for (written, expected) in rows {
            let text = ["[", written, "]"].concat();
            let Ok(Tree::List(items)) = read(&text) else {
                panic!("{written}");
            };
            assert_eq!(format!("{:?}", items[0]), expected, "{written}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_a_mistake_and_one_that_is_merged_twice_is_none() {
        assert_eq!(read("a: 1\na: 2").err(), Some(INVALID));
        assert_eq!(read("b: &b {c: 1}\na:\n  <<: *b\n  d: 1\n  d: 2").err(), Some(INVALID));
        assert!(read("b: &b {c: 1}\na:\n  <<: [*b, *b]\n  c: 2").is_ok());
    }
}
