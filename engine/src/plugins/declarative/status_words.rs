//! The words for an error status of the upstream, and the failure with these words.

use std::{error::Error, fmt};

use badgesmith_provider::{Failure, FailureKind};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// The greatest length of a failure's words, in bytes.
const LONGEST: usize = 64;

/// The words of a failure, such as `package not found`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FailureWords {
    text: String,
    /// The same words as a code, such as `PACKAGE_NOT_FOUND`.
    code: String,
}

impl FailureWords {
    /// The failure for this status of the upstream.
    pub(super) fn failure(&self, status: u16) -> Failure {
        let failure = Failure::not_found(self.code.clone(), self.text.clone());
        // Only the caller's parameters vary in a request, so a bad request is the caller's mistake.
        if matches!(status, 400 | 422) { Failure { kind: FailureKind::InvalidParameter, ..failure } } else { failure }
    }
}

impl TryFrom<String> for FailureWords {
    type Error = InvalidWords;

    fn try_from(text: String) -> Result<Self, InvalidWords> {
        let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        let code = parts.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_");
        if code.is_empty() || text.len() > LONGEST || text.trim() != text {
            return Err(InvalidWords(text));
        }
        Ok(Self { text, code })
    }
}

/// A text that cannot be used as the words of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidWords(String);

impl fmt::Display for InvalidWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} are no words for a badge; write 1 to {LONGEST} bytes such as \"package not found\"", self.0)
    }
}

impl Error for InvalidWords {}

/// An error status whose meaning a provider defines: 4xx, without 408 and 429, which the engine handles for all
/// providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ErrorStatus(pub(super) u16);

impl<'de> Deserialize<'de> for ErrorStatus {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct StatusKey;

        impl Visitor<'_> for StatusKey {
            type Value = ErrorStatus;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status from 400 to 499")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ErrorStatus, E> {
                match text.parse() {
                    Ok(408 | 429 | 500..=599) => Err(E::custom(format!(
                        "{text} is a fault, for which badgesmith has its own words; take it away"
                    ))),
                    Ok(status @ 400..=499) => Ok(ErrorStatus(status)),
                    _ => Err(E::custom(format!("{text:?} is no status; write one from 400 to 499, such as 404"))),
                }
            }
        }

        reader.deserialize_str(StatusKey)
    }
}
