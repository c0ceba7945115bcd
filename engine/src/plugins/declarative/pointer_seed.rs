//! Follows a JSON Pointer while a body is parsed, so that nothing else of the body is kept.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::lookup::{Leaf, Lookup};

/// Deserializes the value that the rest of a pointer leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointerSeed<'p> {
    pub(super) tokens: &'p [String],
    pub(super) leaf: Leaf,
}

impl PointerSeed<'_> {
    /// The result at a scalar: the value at the end of the path, or nothing if the path goes on.
    fn scalar(self, value: Value) -> Lookup {
        if self.tokens.is_empty() { Lookup::of_value(value) } else { Lookup::Nothing }
    }
}

impl<'de> DeserializeSeed<'de> for PointerSeed<'_> {
    type Value = Lookup;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Lookup, D::Error> {
        if self.tokens.is_empty() && self.leaf == Leaf::Value {
            return Value::deserialize(reader).map(Lookup::of_value);
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PointerSeed<'_> {
    type Value = Lookup;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lookup, A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return end_of_map(self.leaf, map) };
        let mut found = Lookup::Nothing;
        while let Some(key) = map.next_key::<String>()? {
            if key == *token {
                found = map.next_value_seed(PointerSeed { tokens: rest, ..self })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Lookup, A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return end_of_list(self.leaf, list) };
        let index = token.parse::<usize>().ok().filter(|index| index.to_string() == *token);
        let mut found = Lookup::EmptyList;
        for at in 0.. {
            let is_wanted = index == Some(at);
            let seed = PointerSeed { tokens: rest, ..self };
            let item = if is_wanted { list.next_element_seed(seed)? } else { skipped(&mut list)? };
            match item {
                None => break,
                Some(item) if is_wanted => found = item,
                Some(_) if at == 0 => found = Lookup::Nothing,
                Some(_) => {}
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Lookup, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Lookup, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Lookup, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Lookup, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Lookup, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }
}

/// The keys of an object, or their number.
fn end_of_map<'de, A: MapAccess<'de>>(leaf: Leaf, mut map: A) -> Result<Lookup, A::Error> {
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(key) = map.next_key::<String>()? {
        map.next_value::<IgnoredAny>()?;
        count += 1;
        if leaf == Leaf::Items {
            keys.push(Value::String(key));
        }
    }
    Ok(if leaf == Leaf::Count { Lookup::Count(count) } else { Lookup::of_items(keys) })
}

/// The items of a list, or their number.
fn end_of_list<'de, A: SeqAccess<'de>>(leaf: Leaf, mut list: A) -> Result<Lookup, A::Error> {
    let (mut items, mut count) = (Vec::new(), 0);
    if leaf == Leaf::Items {
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        return Ok(Lookup::of_items(items));
    }
    while list.next_element::<IgnoredAny>()?.is_some() {
        count += 1;
    }
    Ok(Lookup::Count(count))
}

fn skipped<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<Option<Lookup>, A::Error> {
    Ok(list.next_element::<IgnoredAny>()?.map(|_| Lookup::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::declarative::lookup::found_text;

    #[test]
    fn a_list_an_object_and_a_scalar_have_items_and_a_number() {
        let body = r#"{"list":["b",null,"a",2],"object":{"z":1,"a":{"b":2}},"text":"x","blank":" ","none":null,
            "nulls":[null],"no items":[],"no keys":{},"number":3,"yes":true}"#;
        let rows = [
            ("list", "items [\"b\",\"a\",2]", "count 4"),
            ("object", "items [\"z\",\"a\"]", "count 2"),
            ("text", "\"x\"", "\"x\""),
            ("blank", "nothing", "nothing"),
            ("none", "nothing", "nothing"),
            ("nulls", "empty", "count 1"),
            ("no items", "empty", "count 0"),
            ("no keys", "empty", "count 0"),
            ("number", "3", "3"),
            ("yes", "true", "true"),
            ("other", "nothing", "nothing"),
        ];
        for (key, items, count) in rows {
            let tokens = [key.to_owned()];
            let found = |leaf| {
                let mut reader = serde_json::Deserializer::from_str(body);
                found_text(PointerSeed { tokens: &tokens, leaf }.deserialize(&mut reader).unwrap())
            };
            assert_eq!((found(Leaf::Items).as_str(), found(Leaf::Count).as_str()), (items, count), "{key}");
        }
    }
}
