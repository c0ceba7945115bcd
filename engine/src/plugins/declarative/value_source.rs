//! Where a value is in an answer: `value = …`.

use std::fmt;

use badgesmith_provider::Failure;
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

use super::{
    lookup::{Leaf, Lookup},
    parameters::Parameters,
    pointer::Pointer,
};

/// A place in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ValueSource {
    Pointer(Pointer),
}

/// One place, or several in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceList(pub(super) Vec<ValueSource>);

impl ValueSource {
    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Pointer(pointer) => pointer.names(),
        }
    }

    /// What is there.
    ///
    /// # Errors
    /// `invalid response` if the body is not in the language that it should be in.
    pub(super) fn find(&self, body: &[u8], leaf: Leaf, parameters: Parameters<'_>) -> Result<Lookup, Failure> {
        match self {
            Self::Pointer(pointer) => pointer.find(body, leaf, |name| parameters.get(name)),
        }
    }
}

impl<'de> Deserialize<'de> for SourceList {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = SourceList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Pointer such as \"/version\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SourceList, E> {
                let pointer = Pointer::try_from(text.to_owned()).map_err(E::custom)?;
                Ok(SourceList(vec![ValueSource::Pointer(pointer)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SourceList, A::Error> {
                let mut sources = Vec::new();
                while let Some(pointer) = list.next_element()? {
                    sources.push(ValueSource::Pointer(pointer));
                }
                Ok(SourceList(sources))
            }
        }

        reader.deserialize_any(OneOrMore)
    }
}
