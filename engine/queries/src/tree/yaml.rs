//! YAML as a tree: its reader's events, counted while they are put together.
//!
//! What a scalar means is YAML 1.2's core schema, with `<<` of before it:
//! <https://yaml.org/spec/1.2.2/#103-core-schema>, <https://yaml.org/type/merge.html>. A decimal number keeps its
//! digits, so that the version `1.20` is not shown as 1.2.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Map, Tree, number};
use crate::{Fault, Kind};

/// How deep values may lie in each other: as deep as nobody writes.
const DEEPEST: usize = 64;
/// The most values, its aliases followed; a long text counts as one for every [`LINE`] bytes.
const MOST_VALUES: usize = 250_000;
const LINE: usize = 64;

const WRONG: Fault = Fault::Unparseable(Kind::Yaml);
const TOO_MUCH: Fault = Fault::TooManyValues(Kind::Yaml);

/// Reads one document; none at all is null.
pub(super) fn read(text: &str) -> Result<Tree<'_>, Fault> {
    let mut building = Building::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, _) = event.map_err(|_| WRONG)?;
        building.take(event)?;
    }
    Ok(building.root.unwrap_or(Tree::Null))
}

/// A list or a map whose end has not come, and the anchor it has; 0 is none.
struct Open<'t> {
    inside: Inside<'t>,
    anchor: usize,
}

enum Inside<'t> {
    List(Vec<Tree<'t>>),
    /// What it has, the key that waits for its value, and what is merged into it at its end.
    Map(Vec<(Cow<'t, str>, Tree<'t>)>, Option<Key<'t>>, Vec<Tree<'t>>),
}

enum Key<'t> {
    Merge,
    Name(Cow<'t, str>),
}

#[derive(Default)]
struct Building<'t> {
    root: Option<Tree<'t>>,
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, Tree<'t>>,
    values: usize,
}

impl<'t> Building<'t> {
    fn take(&mut self, event: Event<'t>) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(WRONG),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1 + text.len() / LINE)?;
                let is_merge = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                let value = scalar(text.clone(), style, tag.as_deref())?;
                // A key is what is written, so that 1.10 stays that.
                match self.open.last_mut() {
                    Some(Open { inside: Inside::Map(_, key @ None, _), .. }) => {
                        *key = Some(if is_merge { Key::Merge } else { Key::Name(text) });
                        self.name(anchor, &value);
                        Ok(())
                    }
                    _ => self.place(value, anchor),
                }
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Inside::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.begin(Inside::Map(Vec::new(), None, Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { inside, anchor } = self.open.pop().ok_or(WRONG)?;
                let value = match inside {
                    Inside::List(items) => Tree::List(items.into_boxed_slice()),
                    Inside::Map(members, _, merged) => Tree::Map(Box::new(merge(members, merged)?)),
                };
                self.place(value, anchor)
            }
            Event::Alias(anchor) => {
                let (size, depth) = measure(self.anchors.get(&anchor).ok_or(WRONG)?);
                if self.open.len() + depth > DEEPEST {
                    return Err(TOO_MUCH);
                }
                self.count(size)?;
                let value = self.anchors.get(&anchor).cloned().unwrap_or(Tree::Null);
                match (self.open.last_mut(), &value) {
                    (Some(Open { inside: Inside::Map(_, key @ None, _), .. }), Tree::Text(text)) => {
                        *key = Some(Key::Name(text.clone()));
                        Ok(())
                    }
                    _ => self.place(value, 0),
                }
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), Fault> {
        self.values += more;
        if self.values > MOST_VALUES { Err(TOO_MUCH) } else { Ok(()) }
    }

    fn begin(&mut self, inside: Inside<'t>, anchor: usize) -> Result<(), Fault> {
        self.count(1)?;
        if self.open.len() == DEEPEST {
            return Err(TOO_MUCH);
        }
        self.open.push(Open { inside, anchor });
        Ok(())
    }

    fn name(&mut self, anchor: usize, value: &Tree<'t>) {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    /// Puts a whole value where it belongs.
    fn place(&mut self, value: Tree<'t>, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            // It is kept a second time for its aliases.
            self.count(measure(&value).0)?;
            self.name(anchor, &value);
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(value),
            Some(Inside::List(items)) => items.push(value),
            Some(Inside::Map(members, key, merged)) => match key.take() {
                // A list or a map as a key is what no path can name.
                None => return Err(WRONG),
                Some(Key::Merge) => merged.push(value),
                Some(Key::Name(name)) => members.push((name, value)),
            },
        }
        Ok(())
    }
}

/// A map with what it has besides its own: what is merged adds names and replaces none. A name that is there twice is
/// a mistake.
fn merge<'t>(mut members: Vec<(Cow<'t, str>, Tree<'t>)>, merged: Vec<Tree<'t>>) -> Result<Map<'t>, Fault> {
    let own = members.len();
    if merged.is_empty() {
        let map = Map::new(members);
        return if map.len() == own { Ok(map) } else { Err(WRONG) };
    }
    let mut names: HashSet<_> = members.iter().map(|(name, _)| name.clone()).collect();
    if names.len() < own {
        return Err(WRONG);
    }
    for value in merged {
        let values = if let Tree::List(values) = value { values.into_vec() } else { vec![value] };
        for value in values {
            let Tree::Map(other) = value else { return Err(WRONG) };
            members.extend(other.into_members().into_iter().filter(|(name, _)| names.insert(name.clone())));
        }
    }
    Ok(Map::new(members))
}

/// How many values there are, and how deep they lie.
fn measure(value: &Tree) -> (usize, usize) {
    let sum = |(size, depth): (usize, usize), (more, deep): (usize, usize)| (size + more, depth.max(deep + 1));
    match value {
        Tree::Text(text) => (1 + text.len() / LINE, 0),
        Tree::List(items) => items.iter().map(measure).fold((1, 1), sum),
        Tree::Map(map) => {
            let member = |(name, value): &(Cow<str>, Tree)| {
                let (size, depth) = measure(value);
                (size + name.len() / LINE, depth)
            };
            map.iter().map(member).fold((1, 1), sum)
        }
        Tree::Null | Tree::Truth(_) | Tree::Number(_) => (1, 0),
    }
}

fn scalar<'t>(text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Tree<'t>, Fault> {
    let suffix = tag.map(|tag| tag.core_suffix());
    let is_plain = style == ScalarStyle::Plain;
    match suffix {
        Some(Some("null" | "bool" | "int" | "float")) => core(text).map_err(|_| WRONG),
        None if is_plain => Ok(core(text).unwrap_or_else(Tree::Text)),
        // A tag of somebody's own says nothing to us.
        Some(None) if is_plain && tag.is_some_and(|tag| !tag.suffix().is_empty()) => {
            Ok(core(text).unwrap_or_else(Tree::Text))
        }
        _ => Ok(Tree::Text(text)),
    }
}

/// Null, a truth or a number, where the text is one; otherwise the text is given back.
fn core(text: Cow<'_, str>) -> Result<Tree<'_>, Cow<'_, str>> {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Tree::Null),
        "true" | "True" | "TRUE" => return Ok(Tree::Truth(true)),
        "false" | "False" | "FALSE" => return Ok(Tree::Truth(false)),
        // A badge has no digits for them.
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
    // Digits that are a number beyond all numbers are more likely the beginning of a hash.
    let shown = number(text.strip_prefix('+').unwrap_or(&text)).into_owned();
    Ok(Tree::Number(shown.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_shown_as_whoever_wrote_it_wants_to_see_it() {
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
            ("True", "Truth(true)"),
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
        assert_eq!(read("a: 1\na: 2").err(), Some(WRONG));
        assert_eq!(read("b: &b {c: 1}\na:\n  <<: *b\n  d: 1\n  d: 2").err(), Some(WRONG));
        assert!(read("b: &b {c: 1}\na:\n  <<: [*b, *b]\n  c: 2").is_ok());
    }
}
