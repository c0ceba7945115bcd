//! Why a query finds no text, in words short enough for a badge.

use std::{error::Error, fmt};

use crate::document_kind::DocumentKind;

/// Why a query finds no text. The words are those of shields, if shields has this error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// The document is not in its language.
    Unparseable(DocumentKind),
    /// The document is larger than [`LARGEST_DOCUMENT`](crate::LARGEST_DOCUMENT).
    TooLarge,
    /// The document has too many values, counted with aliases expanded, or nests them too deeply.
    TooManyValues(DocumentKind),
    /// The XML declares entities, whose expansion would be unbounded.
    Entities,
    /// The document is a scalar, not an object or a list.
    NoContainer,
    /// The query is longer than [`LONGEST_QUERY`](crate::LONGEST_QUERY).
    QueryTooLong,
    /// The query nests too deeply.
    QueryTooDeep,
    /// The query is not a JSONPath.
    JsonPath,
    /// The query is not an XPath, or calls an unknown function.
    XPath,
    /// The regex cannot be parsed, or would need too much memory.
    Regex,
    /// A flag of the regex is unknown.
    Flags,
    /// The query takes too many steps through this document.
    TooManySteps,
    /// The query finds too many texts to return all of them.
    TooManyTexts,
    /// The query finds nothing.
    NoResult,
    /// The query finds an object, which has no text.
    NoText,
}

impl QueryError {
    /// Whether the query is at fault; otherwise the document is.
    #[must_use]
    pub const fn is_in_query(self) -> bool {
        matches!(
            self,
            Self::QueryTooLong
                | Self::QueryTooDeep
                | Self::JsonPath
                | Self::XPath
                | Self::Regex
                | Self::Flags
                | Self::TooManySteps
        )
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unparseable(kind) => return write!(f, "unparseable {} response", kind.name()),
            Self::TooManyValues(kind) => return write!(f, "{} too large or too deep", kind.name()),
            Self::TooLarge => "document too large",
            Self::Entities => "xml declares entities",
            Self::NoContainer => "resource must contain an object or array",
            Self::QueryTooLong => "query too long",
            Self::QueryTooDeep => "query too deep",
            Self::JsonPath => "unparseable jsonpath query",
            Self::XPath => "XPath parse error",
            Self::Regex => "invalid regex",
            Self::Flags => "invalid flags, must be among imsU",
            Self::TooManySteps => "query takes too many steps",
            Self::TooManyTexts => "too many results",
            Self::NoResult => "no result",
            Self::NoText => "result is an object",
        };
        f.write_str(words)
    }
}

impl Error for QueryError {}
