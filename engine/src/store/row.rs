//! Rows of the store's table of events: the outbox, the queues of the subscriptions, and the cursors.

use std::{collections::BTreeSet, error::Error, fmt, time::SystemTime};

/// A row. Its value is a text, mostly JSON, which the store does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The partition, such as `OUTBOX#03`, at most [`LONGEST_ROW_KEY`].
    pub partition: String,
    /// The key within the partition, at most [`LONGEST_ROW_KEY`]. Rows are ordered by it.
    pub key: String,
    /// The value, at most [`LARGEST_ROW`].
    pub value: String,
    /// When it expires. Stores keep whole seconds.
    pub expires: SystemTime,
}

/// One change of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// Writes a row, if the present row fulfils the condition.
    Put(Row, RowIs),
    /// Deletes the row of a partition and a key, if the present row fulfils the condition.
    Delete(String, String, RowIs),
}

/// The condition of a change on the present row. An expired row counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIs {
    /// Present with any value, or absent.
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
/// The longest partition, and the longest key, of a row, in bytes. A sort key of DynamoDB has at most 1,024.
pub const LONGEST_ROW_KEY: usize = 1024;
/// The most changes of one transaction. DynamoDB writes 100 items in one.
pub const MOST_CHANGES: usize = 100;
/// The most bytes of all changes of one transaction together. A transaction of DynamoDB has at most 4 MB.
pub const MOST_CHANGED_BYTES: usize = 3 * 1024 * 1024;

/// Why no store can make a change, whatever rows it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowRefusal {
    /// The partition or the key of a row is empty, or longer than [`LONGEST_ROW_KEY`].
    Key,
    /// A value has this many bytes, more than [`LARGEST_ROW`].
    Value(usize),
    /// There are this many changes, more than [`MOST_CHANGES`].
    Changes(usize),
    /// The changes have this many bytes together, more than [`MOST_CHANGED_BYTES`].
    Bytes(usize),
    /// Two of the changes are for the same row.
    Twice,
}

impl fmt::Display for RowRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => write!(f, "the key of an event's row is empty or longer than {LONGEST_ROW_KEY} bytes"),
            Self::Value(bytes) => write!(f, "an event's row of {bytes} bytes is larger than {LARGEST_ROW}"),
            Self::Changes(count) => write!(f, "{count} changes of events' rows are more than {MOST_CHANGES}"),
            Self::Bytes(bytes) => {
                write!(f, "changes of events' rows with {bytes} bytes together are larger than {MOST_CHANGED_BYTES}")
            }
            Self::Twice => f.write_str("two changes of one transaction are of the same event's row"),
        }
    }
}

impl Error for RowRefusal {}

impl Row {
    /// Checks that the lengths are within the limits of every store.
    ///
    /// # Errors
    /// What is too long or empty.
    pub fn check(&self) -> Result<(), RowRefusal> {
        check_key(&self.partition, &self.key)?;
        if self.value.len() > LARGEST_ROW { Err(RowRefusal::Value(self.value.len())) } else { Ok(()) }
    }
}

impl RowChange {
    /// The partition and the key of the row that is changed.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        match self {
            Self::Put(row, _) => (&row.partition, &row.key),
            Self::Delete(partition, key, _) => (partition, key),
        }
    }

    /// The condition on the present row.
    #[must_use]
    pub const fn condition(&self) -> &RowIs {
        match self {
            Self::Put(_, condition) | Self::Delete(_, _, condition) => condition,
        }
    }

    /// Checks that every store can make these changes in one transaction.
    ///
    /// # Errors
    /// A limit that is exceeded, or two changes for the same row.
    pub fn check(changes: &[Self]) -> Result<(), RowRefusal> {
        if changes.len() > MOST_CHANGES {
            return Err(RowRefusal::Changes(changes.len()));
        }
        let (mut places, mut bytes) = (BTreeSet::new(), 0);
        for change in changes {
            let (partition, key) = change.place();
            check_key(partition, key)?;
            if let Self::Put(row, _) = change {
                row.check()?;
                bytes += row.value.len();
            }
            if let RowIs::Equal(value) = change.condition() {
                bytes += value.len();
            }
            bytes += partition.len() + key.len();
            if !places.insert(change.place()) {
                return Err(RowRefusal::Twice);
            }
        }
        if bytes > MOST_CHANGED_BYTES { Err(RowRefusal::Bytes(bytes)) } else { Ok(()) }
    }
}

fn check_key(partition: &str, key: &str) -> Result<(), RowRefusal> {
    let is_storable = [partition, key].iter().all(|part| (1..=LONGEST_ROW_KEY).contains(&part.len()));
    if is_storable { Ok(()) } else { Err(RowRefusal::Key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, bytes: usize) -> RowChange {
        let (partition, key, value) = ("OUTBOX#00".to_owned(), key.to_owned(), "x".repeat(bytes));
        RowChange::Put(Row { partition, key, value, expires: SystemTime::UNIX_EPOCH }, RowIs::Any)
    }

    fn delete(key: &str, condition: RowIs) -> RowChange {
        RowChange::Delete("OUTBOX#00".to_owned(), key.to_owned(), condition)
    }

    #[test]
    fn changes_that_no_store_could_make_are_refused() {
        let many: Vec<_> = (0..=MOST_CHANGES).map(|index| put(&index.to_string(), 1)).collect();
        let large: Vec<_> = (0..12).map(|index| put(&index.to_string(), LARGEST_ROW)).collect();
        assert_eq!(RowChange::check(&many[1..]), Ok(()));
        assert_eq!(RowChange::check(&large[1..]), Ok(()));
        let bytes = 12 * LARGEST_ROW + 12 * "OUTBOX#00".len() + 14;
        let expected = delete("b", RowIs::Equal("x".repeat(MOST_CHANGED_BYTES)));
        let rows: [(&[RowChange], RowRefusal); 8] = [
            (&many, RowRefusal::Changes(MOST_CHANGES + 1)),
            (&large, RowRefusal::Bytes(bytes)),
            (&[put("a", LARGEST_ROW + 1)], RowRefusal::Value(LARGEST_ROW + 1)),
            (&[put("", 1)], RowRefusal::Key),
            (&[delete("", RowIs::Any)], RowRefusal::Key),
            (&[put(&"k".repeat(LONGEST_ROW_KEY + 1), 1)], RowRefusal::Key),
            (&[put("a", 1), delete("a", RowIs::Any)], RowRefusal::Twice),
            (&[expected], RowRefusal::Bytes(MOST_CHANGED_BYTES + "OUTBOX#00".len() + 1)),
        ];
        for (changes, refusal) in rows {
            assert_eq!(RowChange::check(changes), Err(refusal));
        }
    }
}
