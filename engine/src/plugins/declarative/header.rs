//! The headers that a request may set.

use std::{error::Error, fmt};

use serde::Deserialize;

use crate::plugins::header_names;

/// The longest value, in bytes.
const LONGEST_VALUE: usize = 1024;

/// The name of a header that a request may set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct HeaderName(pub(super) String);

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct HeaderValue(pub(super) String);

/// Why a text is not the name or the value of such a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    Name(String),
    Reserved(String),
    Value(String),
}

impl TryFrom<String> for HeaderName {
    type Error = HeaderError;

    fn try_from(name: String) -> Result<Self, HeaderError> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            Err(HeaderError::Name(name))
        } else if header_names::reserved(&name).is_some() {
            Err(HeaderError::Reserved(name))
        } else {
            Ok(Self(name))
        }
    }
}

impl TryFrom<String> for HeaderValue {
    type Error = HeaderError;

    fn try_from(value: String) -> Result<Self, HeaderError> {
        let is_printed = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let is_valid = is_printed && !value.is_empty() && value.trim() == value && value.len() <= LONGEST_VALUE;
        if is_valid { Ok(Self(value)) } else { Err(HeaderError::Value(value)) }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?} is no name of a header; write one such as X-Version"),
            Self::Reserved(name) if name.eq_ignore_ascii_case("accept") => {
                write!(f, "{name} has a key of its own; write accept = …")
            }
            Self::Reserved(name) if name.eq_ignore_ascii_case("authorization") => {
                write!(f, "a provider cannot set {name}; write secret = {{ name = \"token\", owner = \"…\" }}")
            }
            Self::Reserved(name) => {
                let why = header_names::reserved(name).unwrap_or("which a provider does not set");
                write!(f, "a provider cannot set {name}, {why}; take it away")
            }
            Self::Value(value) => {
                write!(f, "{value:?} cannot be sent in a header; write 1 to {LONGEST_VALUE} printable ASCII characters")
            }
        }
    }
}

impl Error for HeaderError {}
