//! The names of the attributes that tables are keyed, indexed and expired by.

/// The index for eventually consistent reads.
pub(super) const INDEX: &str = "GSI1";
/// The keys of every table.
pub(super) const KEYS: [&str; 2] = ["PK", "SK"];
/// The keys of the index.
pub(super) const INDEX_KEYS: [&str; 2] = ["GSI1PK", "GSI1SK"];
/// The attribute with an item's expiry.
pub(super) const EXPIRY: &str = "TTL";
