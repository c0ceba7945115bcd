//! An expected end that is not a badge's usual one, with words for the badge.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Which of shields' four ends a failure is; it decides the colour and, where the code does not, the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// There is no such thing: 404, red.
    NotFound,
    /// The caller asked for something that cannot be: 400, red.
    InvalidParameter,
    /// The upstream answered something else than it documents: 502, light grey.
    InvalidResponse,
    /// The upstream cannot be asked now: 503, light grey.
    Inaccessible,
}

/// Why there is no usual badge, in the words the badge shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which of the four ends this is.
    pub kind: Kind,
    /// The code a program reads: upper case letters, digits and `_`, such as `PACKAGE_NOT_FOUND`.
    pub code: Cow<'static, str>,
    /// The parameter that is at fault, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<Cow<'static, str>>,
    /// All parameters at fault, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Cow<'static, str>>,
    /// The words on the badge: short, lower case, such as `package not found`.
    pub words: Cow<'static, str>,
    /// After how many seconds asking again makes sense, if the upstream said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Failure {
    /// There is no such thing.
    pub fn not_found(code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, code, words)
    }

    /// The caller asked for something that cannot be; `property` names the parameter.
    pub fn invalid_parameter(
        code: impl Into<Cow<'static, str>>,
        property: impl Into<Cow<'static, str>>,
        words: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::InvalidParameter, code, words).about(property)
    }

    /// The upstream answered something else than it documents: `UPSTREAM_INVALID`, `invalid response`.
    pub fn invalid_response() -> Self {
        Self::new(Kind::InvalidResponse, "UPSTREAM_INVALID", "invalid response")
    }

    /// The upstream cannot be asked now.
    pub fn inaccessible(code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Inaccessible, code, words)
    }

    /// Names the parameter that is at fault.
    #[must_use]
    pub fn about(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.property = Some(property.into());
        self
    }

    fn new(kind: Kind, code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, code: code.into(), property: None, properties: Vec::new(), words: words.into(), retry_after: None }
    }
}
