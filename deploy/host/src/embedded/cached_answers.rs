//! Upstreams' answers in the store: a cache, which may be lost at any time and is evicted to make room for results.

use std::time::SystemTime;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use super::checksummed::{decode, encode};
use crate::unix_time::unix_seconds;

/// The most bytes of cached answers. Those that expire first are evicted first.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Key → the answer, checksummed.
const ANSWERS: TableDefinition<&str, &[u8]> = TableDefinition::new("answers");
/// (Expiry, key) → the answer's size in bytes: the order of eviction.
const BY_EXPIRY: TableDefinition<(u64, &str), u64> = TableDefinition::new("answers-by-expiry");
/// The size of all answers in bytes.
///
/// The table's type also marks a store whose values are checksummed. An older binary opens the table as
/// `OLDER_SIZES` and so refuses this file. It would read checksummed results as missing and show an older result.
const SIZES: TableDefinition<&str, u128> = TableDefinition::new("sizes");
const OLDER_SIZES: TableDefinition<&str, u64> = TableDefinition::new("sizes");
const TOTAL: &str = "answers";

/// An upstream's answer that is to be cached.
#[derive(Debug)]
pub(super) struct CachedAnswer {
    pub(super) key: String,
    pub(super) answer: Bytes,
    /// In seconds since 1970.
    pub(super) expires: u64,
}

/// Marks the store as one with checksummed values. Every transaction that writes one calls this.
pub(super) fn mark_checksummed(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    open_sizes(transaction).map(drop)
}

/// Creates the tables and evicts what has expired.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(ANSWERS)?;
    evict(transaction, LIMIT, usize::MAX).map(drop)
}

/// The cached answer of a key that has not expired at `now`. A damaged answer counts as missing, so it is fetched from
/// its upstream.
pub(super) fn read(database: &Database, key: &str, now: u64) -> Result<Option<Bytes>, redb::Error> {
    let table = database.begin_read()?.open_table(ANSWERS)?;
    let Some(value) = table.get(key)? else { return Ok(None) };
    let decoded = decode(&[key], value.value());
    if decoded.is_none() {
        tracing::warn!(key, "a cached answer is damaged");
    }
    // An expired answer may not have been evicted yet.
    Ok(decoded.filter(|(expires, _)| *expires > now).map(|(_, answer)| Bytes::copy_from_slice(answer)))
}

/// Whether no answer is cached.
pub(super) fn is_empty(database: &Database) -> Result<bool, redb::Error> {
    Ok(database.begin_read()?.open_table(BY_EXPIRY)?.first()?.is_none())
}

/// Caches answers, each replacing an older one of its key, and evicts others to stay within the limit.
pub(super) fn write(transaction: &WriteTransaction, answers: &[CachedAnswer]) -> Result<(), redb::Error> {
    for answer in answers {
        write_one(transaction, answer)?;
    }
    evict(transaction, LIMIT, usize::MAX).map(drop)
}

/// Evicts at most `count` answers, those that expire first, and returns how many bytes were freed.
pub(super) fn evict_first(transaction: &WriteTransaction, count: usize) -> Result<u64, redb::Error> {
    evict(transaction, 0, count)
}

fn write_one(transaction: &WriteTransaction, cached: &CachedAnswer) -> Result<(), redb::Error> {
    let CachedAnswer { key, answer, expires } = cached;
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(BY_EXPIRY)?;
    let mut sizes = open_sizes(transaction)?;
    let mut total = total(&sizes)?;
    let value = encode(&[key], *expires, answer);
    if let Some(previous) = answers.insert(&**key, &*value)?
        && let Some((previous_expiry, _)) = decode(&[key], previous.value())
    {
        let size = by_expiry.remove((previous_expiry, &**key))?;
        total = total.saturating_sub(size.map_or(0, |size| size.value()));
    }
    let size = (key.len() + value.len()) as u64;
    by_expiry.insert((*expires, &**key), size)?;
    sizes.insert(TOTAL, u128::from(total.saturating_add(size)))?;
    Ok(())
}

/// Evicts expired answers, and others while there are more than `limit` bytes; at most `count` in all. Returns how many
/// bytes were freed.
fn evict(transaction: &WriteTransaction, limit: u64, count: usize) -> Result<u64, redb::Error> {
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(BY_EXPIRY)?;
    let mut sizes = open_sizes(transaction)?;
    let mut total = total(&sizes)?;
    let now = unix_seconds(SystemTime::now());
    let mut freed = 0;
    for _ in 0..count {
        let first = by_expiry.first()?.map(|(key, size)| {
            let (expires, key) = key.value();
            (expires, key.to_owned(), size.value())
        });
        let Some((expires, key, size)) = first.filter(|(expires, ..)| *expires <= now || limit == 0 || total > limit)
        else {
            break;
        };
        by_expiry.remove((expires, &*key))?;
        answers.remove(&*key)?;
        total = total.saturating_sub(size);
        freed += size;
    }
    sizes.insert(TOTAL, u128::from(total))?;
    Ok(freed)
}

/// Opens the table of sizes, after converting one of the older type.
fn open_sizes(transaction: &WriteTransaction) -> Result<Table<'_, &'static str, u128>, redb::Error> {
    match transaction.open_table(SIZES) {
        Err(TableError::TableTypeMismatch { .. }) => {
            let older = transaction.open_table(OLDER_SIZES)?;
            let total = older.get(TOTAL)?.map_or(0, |size| size.value());
            drop(older);
            transaction.delete_table(OLDER_SIZES)?;
            let mut sizes = transaction.open_table(SIZES)?;
            sizes.insert(TOTAL, u128::from(total))?;
            Ok(sizes)
        }
        sizes => Ok(sizes?),
    }
}

fn total(sizes: &Table<'_, &'static str, u128>) -> Result<u64, redb::Error> {
    Ok(sizes.get(TOTAL)?.map_or(0, |size| u64::try_from(size.value()).unwrap_or(u64::MAX)))
}
