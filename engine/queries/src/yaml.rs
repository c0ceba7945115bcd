//! YAML as a tree: its reader's events, counted while they are put together.
//!
//! What a scalar means is YAML 1.2's core schema, with `<<` and the underscores in numbers that documents of before it
//! have: <https://yaml.org/spec/1.2.2/#103-core-schema>, <https://yaml.org/type/merge.html>.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use crate::{Fault, Kind};

/// How deep values may lie in each other: as deep as nobody writes.
const DEEPEST: usize = 64;
/// The most values, its aliases followed; a long text counts as one for every [`LINE`] bytes.
const MOST_VALUES: usize = 250_000;
const LINE: usize = 64;

const WRONG: Fault = Fault::Unparseable(Kind::Yaml);
const TOO_MUCH: Fault = Fault::TooManyValues(Kind::Yaml);

/// Reads one document; none at all is null.
pub(crate) fn read(text: &str) -> Result<Value, Fault> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, _) = event.map_err(|_| WRONG)?;
        tree.take(event)?;
    }
    Ok(tree.root.unwrap_or_default())
}

/// A list or a map whose end has not come, and the anchor it has; 0 is none.
struct Open {
    inside: Inside,
    anchor: usize,
}

enum Inside {
    List(Vec<Value>),
    /// What it has, the key that waits for its value, and what is merged into it at its end.
    Map(Map<String, Value>, Option<Key>, Vec<Value>),
}

enum Key {
    Merge,
    Name(String),
}

#[derive(Default)]
struct Tree {
    root: Option<Value>,
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    values: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(WRONG),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1 + text.len() / LINE)?;
                let is_merge = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                let value = scalar(&text, style, tag.as_deref())?;
                // A key is what is written, so that 1.10 stays that.
                match self.open.last_mut() {
                    Some(Open { inside: Inside::Map(_, key @ None, _), .. }) => {
                        *key = Some(if is_merge { Key::Merge } else { Key::Name(text.into_owned()) });
                        self.name(anchor, &value);
                        Ok(())
                    }
                    _ => self.place(value, anchor),
                }
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Inside::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.begin(Inside::Map(Map::new(), None, Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { inside, anchor } = self.open.pop().ok_or(WRONG)?;
                let value = match inside {
                    Inside::List(items) => Value::Array(items),
                    Inside::Map(map, _, merged) => Value::Object(merge(map, merged)?),
                };
                self.place(value, anchor)
            }
            Event::Alias(anchor) => {
                let (size, depth) = measure(self.anchors.get(&anchor).ok_or(WRONG)?);
                if self.open.len() + depth > DEEPEST {
                    return Err(TOO_MUCH);
                }
                self.count(size)?;
                let value = self.anchors.get(&anchor).cloned().unwrap_or_default();
                match (self.open.last_mut(), &value) {
                    (Some(Open { inside: Inside::Map(_, key @ None, _), .. }), Value::String(text)) => {
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

    fn begin(&mut self, inside: Inside, anchor: usize) -> Result<(), Fault> {
        self.count(1)?;
        if self.open.len() == DEEPEST {
            return Err(TOO_MUCH);
        }
        self.open.push(Open { inside, anchor });
        Ok(())
    }

    fn name(&mut self, anchor: usize, value: &Value) {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    /// Puts a whole value where it belongs.
    fn place(&mut self, value: Value, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            // It is kept a second time for its aliases.
            self.count(measure(&value).0)?;
            self.name(anchor, &value);
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(value),
            Some(Inside::List(items)) => items.push(value),
            Some(Inside::Map(map, key, merged)) => match key.take() {
                // A list or a map as a key is what no path can name.
                None => return Err(WRONG),
                Some(Key::Merge) => merged.push(value),
                Some(Key::Name(name)) => {
                    if map.insert(name, value).is_some() {
                        return Err(WRONG);
                    }
                }
            },
        }
        Ok(())
    }
}

/// What a map has besides its own: what is merged adds names and replaces none.
fn merge(mut map: Map<String, Value>, merged: Vec<Value>) -> Result<Map<String, Value>, Fault> {
    for value in merged {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        for value in values {
            let Value::Object(other) = value else { return Err(WRONG) };
            for (name, value) in other {
                map.entry(name).or_insert(value);
            }
        }
    }
    Ok(map)
}

/// How many values there are, and how deep they lie.
fn measure(value: &Value) -> (usize, usize) {
    let sum = |(size, depth): (usize, usize), (more, deep): (usize, usize)| (size + more, depth.max(deep + 1));
    match value {
        Value::String(text) => (1 + text.len() / LINE, 0),
        Value::Array(items) => items.iter().map(measure).fold((1, 1), sum),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (measure(value).0 + name.len() / LINE, measure(value).1)).fold((1, 1), sum)
        }
        _ => (1, 0),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Fault> {
    let plain = || core(text).unwrap_or_else(|| Value::String(text.to_owned()));
    match tag.map(|tag| tag.core_suffix()) {
        None if style == ScalarStyle::Plain => Ok(plain()),
        Some(Some("null" | "bool" | "int" | "float")) => core(text).ok_or(WRONG),
        // A tag of somebody's own says nothing to us.
        Some(None) if style == ScalarStyle::Plain && tag.is_some_and(|tag| !tag.suffix().is_empty()) => Ok(plain()),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// Null, a truth or a number, where the text is one.
fn core(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        // JSON has no word for them.
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Null),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Value::Null);
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let digits: String = text.chars().filter(|char| *char != '_').collect();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            let number = i64::from_str_radix(&digits.replace('_', ""), radix).ok()?;
            return Some(if text.starts_with('-') { -number } else { number }.into());
        }
    }
    let is_number = |char: char| char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E' | '-' | '+');
    if !digits.chars().all(is_number) || text.ends_with('_') {
        return None;
    }
    let digits = digits.strip_prefix('+').unwrap_or(&digits);
    match (digits.parse::<i64>(), digits.parse::<u64>()) {
        (Ok(number), _) => Some(number.into()),
        (_, Ok(number)) => Some(number.into()),
        _ => digits.parse::<f64>().ok().map(Value::from),
    }
}
