//! The version of the store's tables. A file of an older version is upgraded when it is opened, and one of a newer
//! version is refused.

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction};

use super::{cached_answers, list_filling, rows, store_error::StoreError};

/// The version that this program writes. A file without a version was written before there was one: it is version 0,
/// and has the tables of results, claims and expiries at least.
pub(super) const SCHEMA: u64 = 1;

const VERSIONS: TableDefinition<&str, u64> = TableDefinition::new("versions");
const STORE: &str = "store";

/// The version of an open store.
pub(super) fn version(database: &Database) -> Result<u64, redb::Error> {
    version_in(&database.begin_read()?)
}

/// The version of the store that is read.
pub(super) fn version_in(transaction: &ReadTransaction) -> Result<u64, redb::Error> {
    match transaction.open_table(VERSIONS) {
        Err(TableError::TableDoesNotExist(_)) => Ok(0),
        table => Ok(table?.get(STORE)?.map_or(0, |version| version.value())),
    }
}

/// Refuses a store of a newer version.
pub(super) fn check(version: u64) -> Result<(), StoreError> {
    if version > SCHEMA { Err(StoreError::Newer { version }) } else { Ok(()) }
}

/// Upgrades a store of any older version to this one, in the transaction that opens it.
pub(super) fn upgrade(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    rows::prepare(transaction)?;
    cached_answers::prepare(transaction)?;
    list_filling::fill(transaction)?;
    let mut versions = transaction.open_table(VERSIONS)?;
    let is_current = versions.get(STORE)?.is_some_and(|version| version.value() == SCHEMA);
    if !is_current {
        versions.insert(STORE, SCHEMA)?;
    }
    Ok(())
}
