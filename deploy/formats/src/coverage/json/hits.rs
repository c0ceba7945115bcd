//! A number of hits in JSON, as tools write it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Unexpected, Visitor},
};

/// Whether something ran; `None` if it cannot run, which is written as `null` or as a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hits(pub(super) Option<bool>);

impl Hits {
    pub(super) fn is_covered(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Hits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HitsVisitor)
    }
}

struct HitsVisitor;

impl Visitor<'_> for HitsVisitor {
    type Value = Hits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of hits")
    }

    fn visit_bool<E>(self, is_covered: bool) -> Result<Hits, E> {
        Ok(Hits(Some(is_covered)))
    }

    fn visit_i64<E>(self, count: i64) -> Result<Hits, E> {
        Ok(Hits(Some(count > 0)))
    }

    fn visit_u64<E>(self, count: u64) -> Result<Hits, E> {
        Ok(Hits(Some(count > 0)))
    }

    fn visit_f64<E>(self, count: f64) -> Result<Hits, E> {
        Ok(Hits(Some(count > 0.0)))
    }

    fn visit_unit<E>(self) -> Result<Hits, E> {
        Ok(Hits(None))
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Hits, E> {
        match word {
            "ignored" | "never" => Ok(Hits(None)),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }
}
