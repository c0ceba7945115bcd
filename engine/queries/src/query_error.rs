//! Why there is no text: whose fault it is, in words short enough for a badge.

use std::fmt;

use crate::Kind;

/// Why a query finds no text. The words are shields', where shields has words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The document is not of its kind.
    Unparseable(Kind),
    /// The document is larger than [`LARGEST_DOCUMENT`](crate::LARGEST_DOCUMENT).
    TooLarge,
    /// The document has more values in it, or deeper ones, than is read of any; aliases may have made it so.
    TooManyValues(Kind),
    /// The XML declares entities, which can make it as large as it likes.
    Entities,
    /// There is but one value, nothing to look for anything in.
    NoTree,
    /// The query is longer than [`LONGEST_QUERY`](crate::LONGEST_QUERY).
    QueryTooLong,
    /// The query's brackets stand too deep in each other.
    QueryTooDeep,
    /// The query is no JSONPath.
    JsonPath,
    /// The query is no XPath, or calls a function there is not.
    XPath,
    /// The regex cannot be read, or would take too much memory.
    Regex,
    /// The flags of a regex are not among those there are.
    Flags,
    /// The query would take too many steps through this document.
    TooManySteps,
    /// The query finds nothing.
    NoResult,
    /// The query finds an object, which has no text.
    NoText,
}

impl Fault {
    /// Whether whoever wrote the query can mend it; otherwise the document is at fault.
    #[must_use]
    pub const fn is_the_querys(self) -> bool {
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unparseable(kind) => return write!(f, "unparseable {} response", kind.name()),
            Self::TooManyValues(kind) => return write!(f, "{} too large or too deep", kind.name()),
            Self::TooLarge => "document too large",
            Self::Entities => "xml declares entities",
            Self::NoTree => "resource must contain an object or array",
            Self::QueryTooLong => "query too long",
            Self::QueryTooDeep => "query too deep",
            Self::JsonPath => "unparseable jsonpath query",
            Self::XPath => "XPath parse error",
            Self::Regex => "invalid regex",
            Self::Flags => "invalid flags, must be among imsU",
            Self::TooManySteps => "query takes too many steps",
            Self::NoResult => "no result",
            Self::NoText => "result is an object",
        };
        f.write_str(words)
    }
}

impl std::error::Error for Fault {}
