//! Rows of the table of events. Outbox rows are written in the same transaction as the record or the state that they
//! announce.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{Row, RowChange, RowIs};
use redb::Database;

use super::{
    panic_guard::guard,
    rows::{self, RowKey, RowKind, Tables},
    store_error::StoreError,
};
use crate::unix_time::unix_seconds;

/// Writes a row, in place of an older one of its key.
pub(super) fn put(tables: &mut Tables<'_>, row: &Row) -> Result<(), redb::Error> {
    let key = (&*row.partition, &*row.key);
    tables.write(RowKind::Event, key, row.value.as_bytes(), unix_seconds(row.expires))
}

/// Makes all changes; if a condition does not hold, makes none and returns `false`.
pub(super) fn change(tables: &mut Tables<'_>, changes: &[RowChange], now: SystemTime) -> Result<bool, redb::Error> {
    for change in changes {
        if !holds(tables, change.place(), change.condition(), unix_seconds(now))? {
            return Ok(false);
        }
    }
    for change in changes {
        match change {
            RowChange::Put(row, _) => put(tables, row)?,
            RowChange::Delete(partition, key, _) => tables.delete(RowKind::Event, (partition, key))?,
        }
    }
    Ok(true)
}

/// Whether a row meets a condition. A damaged row counts as absent, so that a change can replace it.
fn holds(tables: &Tables<'_>, key: RowKey<'_>, condition: &RowIs, now: u64) -> Result<bool, redb::Error> {
    let is_equal = |value: &[u8]| match condition {
        RowIs::Equal(expected) => value == expected.as_bytes(),
        RowIs::Any | RowIs::Absent | RowIs::Present => true,
    };
    if *condition == RowIs::Any {
        return Ok(true);
    }
    let found = tables.read(RowKind::Event, key, |value| Some(is_equal(value)))?;
    // An expired row may not have been swept yet.
    let found = found.filter(|(expires, _)| *expires > now);
    Ok(if *condition == RowIs::Absent { found.is_none() } else { found.is_some_and(|(_, is_equal)| is_equal) })
}

/// Which rows of a partition are read.
#[derive(Clone, Debug)]
pub(super) struct RowPage {
    pub(super) partition: String,
    /// The key after which it begins.
    pub(super) after: String,
    /// How many rows it has at most.
    pub(super) limit: usize,
    /// In seconds since 1970.
    pub(super) now: u64,
}

/// The rows of a page. A damaged row is left out with an error in the log: its event cannot be sent, but the events
/// after it can.
pub(super) fn read(database: &Database, page: &RowPage) -> Result<Vec<Row>, StoreError> {
    let RowPage { partition, after, limit, now } = page;
    let Some(table) = guard(|| rows::open(database, RowKind::Event))? else { return Ok(Vec::new()) };
    let read = || {
        let mut found = Vec::new();
        for row in table.range((&**partition, &**after)..)? {
            let (key, value) = row?;
            let (of, key) = key.value();
            if found.len() == *limit || of != partition {
                break;
            }
            if key == after {
                continue;
            }
            match parse((of, key), value.value()) {
                // An expired row may not have been swept yet.
                Some(row) if unix_seconds(row.expires) > *now => found.push(row),
                Some(_) => {}
                None => tracing::error!(partition, key, "an event is damaged and is left out"),
            }
        }
        Ok(found)
    };
    guard::<_, redb::Error>(read)
}

/// A stored row; `None` if it is damaged.
fn parse(key: RowKey<'_>, stored: &[u8]) -> Option<Row> {
    let (expires, value) = RowKind::Event.decode(key, stored)?;
    let (partition, key, value) = (key.0.to_owned(), key.1.to_owned(), String::from_utf8(value.to_vec()).ok()?);
    Some(Row { partition, key, value, expires: SystemTime::UNIX_EPOCH + Duration::from_secs(expires) })
}

#[cfg(test)]
mod tests {
    use redb::{ReadableTable, backends::InMemoryBackend};

    use super::*;

    #[test]
    fn a_damaged_row_is_left_out_and_a_change_takes_its_place() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let (now, expires) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1000));
        let row = |key: &str| {
            let [partition, key, value] = ["OUTBOX#00", key, "{}"].map(str::to_owned);
            Row { partition, key, value, expires }
        };
        let write = |changes: &[RowChange]| {
            let transaction = database.begin_write().unwrap();
            let is_made = change(&mut Tables::open(&transaction).unwrap(), changes, now).unwrap();
            transaction.commit().unwrap();
            is_made
        };
        let keys = || {
            let (partition, after) = ("OUTBOX#00".to_owned(), String::new());
            let rows = read(&database, &RowPage { partition, after, limit: 9, now: 0 }).unwrap();
            rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
        };
        assert!(write(&["1", "2", "3"].map(|key| RowChange::Put(row(key), RowIs::Absent))));
        let transaction = database.begin_write().unwrap();
        let mut table = transaction.open_table(RowKind::Event.table().unwrap()).unwrap();
        let mut stored = table.get(("OUTBOX#00", "2")).unwrap().unwrap().value().to_vec();
        *stored.last_mut().unwrap() ^= 1;
        table.insert(("OUTBOX#00", "2"), &*stored).unwrap();
        drop(table);
        transaction.commit().unwrap();
        assert_eq!(keys(), ["1", "3"]);
        assert!(!write(&[RowChange::Put(row("2"), RowIs::Present)]));
        assert!(write(&[RowChange::Put(row("2"), RowIs::Absent)]));
        assert_eq!(keys(), ["1", "2", "3"]);
    }
}
