//! Words that a badge shows in the place of a value.

use std::{error::Error, fmt};

use serde::Deserialize;

/// The greatest length of such words, in bytes.
const LONGEST: usize = 64;

/// Words such as `unrated`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ShownWords(pub(super) String);

/// A text that cannot be such words.
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
