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

/// The beginning of a text, as long as a query may return.
pub(crate) fn truncate(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}
