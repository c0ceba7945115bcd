//! The keys of a JSON document that decide which format it has.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Further keys of an object are ignored.
const MOST_KEYS: usize = 100;

/// The keys that some format is recognized by, with the structure of their values.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Outline {
    pub(super) examples: OutlineValue,
    pub(super) stats: OutlineValue,
    pub(super) results: OutlineValue,
    pub(super) suites: OutlineValue,
    pub(super) summary: OutlineValue,
    #[serde(rename = "summary_line")]
    pub(super) summary_line: OutlineValue,
    pub(super) num_total_tests: OutlineValue,
    pub(super) test_results: OutlineValue,
    /// The document itself, if it is a list.
    #[serde(skip)]
    pub(super) items: OutlineValue,
}

impl Outline {
    /// The outline of a document that is an object or a list, and the length of the document.
    pub(super) fn parse_first(text: &str) -> (serde_json::Result<Self>, usize) {
        if text.starts_with('[') {
            let (items, end) = parse_first(text);
            (items.map(|items| Self { items, ..Self::default() }), end)
        } else {
            parse_first(text)
        }
    }

    /// The outline of a text that is one document and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (outline, end) = Self::parse_first(text);
        outline.ok().filter(|_| end == text.len())
    }
}

/// The value that a text begins with, and its length.
fn parse_first<'a, T: Deserialize<'a>>(text: &'a str) -> (serde_json::Result<T>, usize) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    // A blank text has no value. Then the parser's error is returned.
    let value = values.next().unwrap_or_else(|| serde_json::from_str(text));
    (value, values.byte_offset())
}

/// The structure of a value.
#[derive(Debug, Default)]
pub(crate) enum OutlineValue {
    /// An object with these keys.
    Object(Vec<String>),
    /// A list whose first element has these keys.
    List(Vec<String>),
    Scalar,
    #[default]
    Missing,
}

impl OutlineValue {
    /// Whether the value is an object with such a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(self, Self::Object(keys) if keys.iter().any(|it| it == key))
    }

    /// Whether the value is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Whether the value is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// Whether the value is a list that is empty or has objects with such a key.
    pub(crate) fn is_list_of(&self, key: &str) -> bool {
        matches!(self, Self::List(keys) if keys.is_empty() || keys.iter().any(|it| it == key))
    }

    /// Whether the value is a list whose first element has such a key.
    pub(crate) fn is_list_with(&self, key: &str) -> bool {
        matches!(self, Self::List(keys) if keys.iter().any(|it| it == key))
    }

    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

impl<'de> Deserialize<'de> for OutlineValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OutlineVisitor)
    }
}

struct OutlineVisitor;

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = OutlineValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OutlineValue, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if keys.len() < MOST_KEYS {
                keys.push(key);
            }
        }
        Ok(OutlineValue::Object(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OutlineValue, A::Error> {
        let keys = match list.next_element()? {
            Some(OutlineValue::Object(keys)) => keys,
            // In every report lists contain objects only. A list of anything else gets a key that no format looks for.
            Some(_) => vec![String::new()],
            None => Vec::new(),
        };
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(OutlineValue::List(keys))
    }

    fn visit_bool<E>(self, _: bool) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }

    fn visit_unit<E>(self) -> Result<OutlineValue, E> {
        Ok(OutlineValue::Scalar)
    }
}
