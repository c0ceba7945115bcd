//! Words that a badge shows instead of a value.

use std::{error::Error, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::pointer::Pointer;
use crate::value::color_scale::ColorName;

/// The color of an absent value, if the file names none.
const ABSENT: &str = "lightgrey";
/// The greatest length of such words, in bytes.
const LONGEST: usize = 64;

/// Words such as `unrated`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ShownWords(pub(super) String);

/// A text that cannot be used as such words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidShownWords(String);

impl TryFrom<String> for ShownWords {
    type Error = InvalidShownWords;

    fn try_from(text: String) -> Result<Self, InvalidShownWords> {
        let is_valid = !text.is_empty() && text.len() <= LONGEST && text.trim() == text;
        if is_valid && !text.contains(char::is_control) { Ok(Self(text)) } else { Err(InvalidShownWords(text)) }
    }
}

impl fmt::Display for InvalidShownWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot be shown; write 1 to {LONGEST} bytes such as \"unrated\"", self.0)
    }
}

impl Error for InvalidShownWords {}

/// The replacement for a missing value: words, or `{ text = "missing", color = "red", beside = "/name" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AbsentWords {
    pub(super) text: String,
    pub(super) color: String,
    /// The pointer to a value that must be there; otherwise the answer is invalid, and the value does not count as
    /// absent.
    pub(super) beside: Option<Pointer>,
}

impl<'de> Deserialize<'de> for AbsentWords {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Table {
            text: ShownWords,
            color: Option<ColorName>,
            beside: Option<Pointer>,
        }

        struct WordsOrTable;

        impl<'de> Visitor<'de> for WordsOrTable {
            type Value = AbsentWords;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("words such as \"unrated\", or { text = \"unrated\", color = \"red\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<AbsentWords, E> {
                let words = ShownWords::try_from(text.to_owned()).map_err(E::custom)?;
                Ok(AbsentWords { text: words.0, color: ABSENT.to_owned(), beside: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AbsentWords, A::Error> {
                let Table { text, color, beside } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                let color = color.map_or_else(|| ABSENT.to_owned(), |color| color.0);
                Ok(AbsentWords { text: text.0, color, beside })
            }
        }

        reader.deserialize_any(WordsOrTable)
    }
}
