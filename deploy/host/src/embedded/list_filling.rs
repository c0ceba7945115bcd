//! Lists the subjects of results that a version without lists has recorded.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{RESULT_LIFE, subject_of};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::{
    checksummed::FOREVER,
    lists::{Change, list},
    records,
    rows::Tables,
};

/// The name of a one-time change of the store → the version of that change that was made.
const DONE: TableDefinition<&str, u64> = TableDefinition::new("done");
/// The one-time change that lists the subjects of results that were stored before there were lists.
const LISTS_FILLED: &str = "lists-filled";
const VERSION: u64 = 1;

/// Lists the subjects of the results that are in the store already. This is done once per store.
pub(super) fn fill(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    let mut done = transaction.open_table(DONE)?;
    if done.get(LISTS_FILLED)?.is_some_and(|version| version.value() >= VERSION) {
        return Ok(());
    }
    let mut tables = Tables::open(transaction)?;
    let mut changes = Vec::new();
    for row in tables.results().iter()? {
        let (key, value) = row?;
        let Some((collection, subject)) = subject_of(key.value().0, key.value().1) else { continue };
        // The time of a damaged result is unknown, but its subject is listed.
        let expires = records::parse(key.value(), value.value()).map_or(FOREVER, |(expires, _)| expires);
        match changes.last_mut() {
            // The results of a subject have adjacent keys.
            Some((last_collection, last_subject, last_expires))
                if *last_collection == collection && *last_subject == subject =>
            {
                *last_expires = expires.max(*last_expires);
            }
            _ => changes.push((collection, subject, expires)),
        }
    }
    for (collection, subject, expires) in changes {
        let arrived = if expires < FOREVER { expires.saturating_sub(RESULT_LIFE.as_secs()) } else { 0 };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(arrived);
        list(&mut tables, &collection, &subject, &Change { at, expires })?;
    }
    done.insert(LISTS_FILLED, VERSION)?;
    Ok(())
}
