//! An address that was found in a README.

use std::ops::Range;

/// A badge's address in a text, as ranges of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundAddress {
    /// Scheme and host, which a rewrite replaces; with the prefix if the address is the server's own.
    pub(super) host: Range<usize>,
    /// The whole address. Its end matters only for the request to the server.
    pub(super) address: Range<usize>,
    /// Whether the badge's host is already the server.
    pub(super) is_own: bool,
    pub(super) escapes: Escapes,
}

/// How characters of an address are escaped in its markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Not at all.
    None,
    /// As entities, such as `&amp;`.
    Entities,
    /// As entities, or with a backslash.
    EntitiesAndBackslashes,
}
