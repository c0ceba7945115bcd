//! The first keys of a JSON document with the structure of their values, which decide the format of the document.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::document::outline::OutlineValue;

/// Further keys are ignored.
const MOST_KEYS: usize = 50;

/// The first keys of a document.
pub(super) struct Outline(Vec<(String, OutlineValue)>);

impl Outline {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> &OutlineValue {
        self.0.iter().find(|(name, _)| name == key).map_or(&OutlineValue::Missing, |(_, value)| value)
    }

    /// Whether some value is an object with these keys.
    pub(super) fn has_object_with(&self, keys: &[&str]) -> bool {
        self.0.iter().any(|(_, value)| keys.iter().all(|key| value.has(key)))
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OutlineVisitor)
    }
}

struct OutlineVisitor;

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = Outline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MOST_KEYS {
            match map.next_entry()? {
                Some(entry) => entries.push(entry),
                None => return Ok(Outline(entries)),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Outline(entries))
    }
}
