//! A failure: an expected end of a call without a usual badge, with the words that the error badge shows.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The four kinds of failure that shields distinguishes. The kind decides the badge's colour and the HTTP status,
/// unless the host knows the failure's code and has a status for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The requested thing does not exist: 404, red.
    NotFound,
    /// A parameter has a value that cannot be valid: 400, red.
    InvalidParameter,
    /// The upstream's answer is not what it documents: 502, light grey.
    InvalidResponse,
    /// The upstream cannot be reached now: 503, light grey.
    Inaccessible,
}

/// Why there is no usual badge, and the words that the error badge shows.
///
/// ```
/// use badgesmith_provider::{Failure, FailureKind};
///
/// let failure = Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package");
/// assert_eq!(failure.kind, FailureKind::NotFound);
/// assert_eq!(failure.property.as_deref(), Some("package"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which of the four kinds this is.
    pub kind: FailureKind,
    /// The code that programs read: 1 to 64 upper-case letters, digits and `_`, such as `PACKAGE_NOT_FOUND`.
    pub code: Cow<'static, str>,
    /// The parameter that is at fault, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<Cow<'static, str>>,
    /// All parameters at fault, if there is more than one.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub properties: Box<[Cow<'static, str>]>,
    /// The words on the badge: short, lower case, such as `package not found`; not blank, at most 1024 bytes.
    pub words: Cow<'static, str>,
    /// After how many seconds a retry makes sense, if the upstream states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// What exactly is wrong, for the operator's log: the field, the pointer, the parser's words. Callers never see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<Cow<'static, str>>>,
}

impl Failure {
    /// The requested thing does not exist.
    pub fn not_found(code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FailureKind::NotFound, code, words)
    }

    /// A parameter has a value that cannot be valid; `property` is the parameter's name.
    pub fn invalid_parameter(
        code: impl Into<Cow<'static, str>>,
        property: impl Into<Cow<'static, str>>,
        words: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(FailureKind::InvalidParameter, code, words).about(property)
    }

    /// The upstream's answer is not what it documents: `UPSTREAM_INVALID`, `invalid response`.
    pub fn invalid_response() -> Self {
        Self::new(FailureKind::InvalidResponse, "UPSTREAM_INVALID", "invalid response")
    }

    /// The upstream cannot be reached now.
    pub fn inaccessible(code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FailureKind::Inaccessible, code, words)
    }

    /// Sets the name of the parameter that is at fault.
    #[must_use]
    pub fn about(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.property = Some(property.into());
        self
    }

    /// Sets the reason for the operator's log.
    ///
    /// ```
    /// use badgesmith_provider::Failure;
    ///
    /// let failure = Failure::invalid_response().because("/info/version is not a string");
    /// assert_eq!(failure.words, "invalid response");
    /// ```
    #[must_use]
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.reason = Some(Box::new(reason.into()));
        self
    }

    fn new(kind: FailureKind, code: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code: code.into(),
            property: None,
            properties: Box::default(),
            words: words.into(),
            retry_after: None,
            reason: None,
        }
    }
}

const fn is_empty(properties: &[Cow<'static, str>]) -> bool {
    properties.is_empty()
}
