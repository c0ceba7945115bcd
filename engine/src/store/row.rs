//! Rows of the store's table of events: what has to be told, to whom, and how far that is.

use std::time::SystemTime;

/// A row. Its value is a text, mostly JSON; the store does not look into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The partition, such as `OUTBOX#03`.
    pub partition: String,
    /// The key within the partition. Rows are ordered by it.
    pub key: String,
    /// The value, at most [`LARGEST_ROW`].
    pub value: String,
    /// When it expires.
    pub expires: SystemTime,
}

/// One change of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// Writes a row, if what is there now is what the condition says.
    Put(Row, RowIs),
    /// Deletes the row of a partition and a key, if what is there now is what the condition says.
    Delete(String, String, RowIs),
}

/// What a row has to be for a change. An expired row is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIs {
    /// Anything, or absent.
    Any,
    /// Absent.
    Absent,
    /// Present, with any value.
    Present,
    /// Present with this value.
    Equal(String),
}

/// The largest value of a row, in bytes. An item of DynamoDB has at most 400 KB.
pub const LARGEST_ROW: usize = 256 * 1024;
/// The most changes of one transaction. DynamoDB writes 100 items in one.
pub const MOST_CHANGES: usize = 100;
