//! The words for an upstream's status, and the failure they become.

use std::fmt;

use badgesmith_provider::{Failure, FailureKind};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// The longest words, in bytes.
const LONGEST: usize = 64;

/// Words of a failure, such as `package not found`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Words {
    text: String,
    /// The words in capitals, such as `PACKAGE_NOT_FOUND`.
    code: String,
}

impl Words {
    /// The failure that a status of the upstream becomes.
    pub(super) fn failure(&self, status: u16) -> Failure {
        let failure = Failure::not_found(self.code.clone(), self.text.clone());
        // What the upstream calls a bad request can only come from the parts that the caller gave.
        if matches!(status, 400 | 422) { Failure { kind: FailureKind::InvalidParameter, ..failure } } else { failure }
    }
}

impl TryFrom<String> for Words {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        let code = parts.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_");
        if code.is_empty() || text.len() > LONGEST || text.trim() != text {
            return Err(format!(
                "{text:?} are no words for a badge; write 1 to {LONGEST} bytes such as \"package not found\""
            ));
        }
        Ok(Self { text, code })
    }
}

/// A status that an upstream gives a meaning: 4xx, without those the host takes care of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Status(pub(super) u16);

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Key;

        impl Visitor<'_> for Key {
            type Value = Status;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status from 400 to 499")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Status, E> {
                match text.parse() {
                    Ok(408 | 429 | 500..=599) => Err(E::custom(format!(
                        "{text} is a fault, for which badgesmith has its own words; take it away"
                    ))),
                    Ok(status @ 400..=499) => Ok(Status(status)),
                    _ => Err(E::custom(format!("{text:?} is no status; write one from 400 to 499, such as 404"))),
                }
            }
        }

        reader.deserialize_str(Key)
    }
}
