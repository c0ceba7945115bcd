//! The limits of documents, queries and results.

/// The largest document, in bytes.
pub const LARGEST_DOCUMENT: usize = 4 * 1024 * 1024;
/// The longest query, in bytes.
pub const LONGEST_QUERY: usize = 1024;
/// The longest regex, in bytes.
pub const LONGEST_PATTERN: usize = 1024;
/// The most texts that a query returns; further ones are left out.
pub(crate) const MOST_TEXTS: usize = 1000;
/// The most bytes of all texts of a query together: more than any badge shows.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// The most texts of a query that has to find all of them.
pub(crate) const MOST_OF_ALL_TEXTS: usize = 100_000;

/// How many texts a query returns, and what happens to further ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextLimit {
    /// [`MOST_TEXTS`] and [`MOST_BYTES`]; further ones are left out.
    First,
    /// [`MOST_OF_ALL_TEXTS`] and [`LARGEST_DOCUMENT`]; further ones are an error.
    All,
}

impl TextLimit {
    /// Whether a query that has found this many texts with this many bytes has to stop: the limit of
    /// [`TextLimit::First`] is reached, or that of [`TextLimit::All`] is exceeded.
    pub(crate) const fn is_reached(self, texts: usize, bytes: usize) -> bool {
        match self {
            Self::First => texts >= MOST_TEXTS || bytes >= MOST_BYTES,
            Self::All => texts > MOST_OF_ALL_TEXTS || bytes > LARGEST_DOCUMENT,
        }
    }
}

/// A text, cut to the longest that a query may return.
pub(crate) fn truncate(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}
