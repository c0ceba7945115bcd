//! Kept answers of upstreams: a cache, which may be lost at any time and makes way for results.

use std::time::SystemTime;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use super::{
    sealed::{open, seal},
    seconds,
};

/// The most bytes of kept answers; those that expire first go first.
const MOST: u64 = 64 * 1024 * 1024;

/// Key → the answer, sealed.
const ANSWERS: TableDefinition<&str, &[u8]> = TableDefinition::new("answers");
/// (When it expires, key) → how many bytes it takes: the order in which answers go.
const BY_EXPIRY: TableDefinition<(u64, &str), u64> = TableDefinition::new("answers-by-expiry");
/// How many bytes all answers take.
///
/// Its type is the mark of a store whose values are sealed. A binary from before that asks for `SIZES_BEFORE` when it
/// opens a file, and so refuses this one. It would take sealed results for none and show an older one in their place.
const SIZES: TableDefinition<&str, u128> = TableDefinition::new("sizes");
const SIZES_BEFORE: TableDefinition<&str, u64> = TableDefinition::new("sizes");
const ALL: &str = "answers";

/// An answer on its way into the store.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) key: String,
    pub(super) answer: Bytes,
    /// In seconds since 1970.
    pub(super) expires: u64,
}

/// Marks the store as one whose values are sealed. Whoever seals something does so in the same transaction.
pub(super) fn mark(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    sizes(transaction).map(drop)
}

fn sizes(transaction: &WriteTransaction) -> Result<Table<'_, &'static str, u128>, redb::Error> {
    match transaction.open_table(SIZES) {
        Err(TableError::TableTypeMismatch { .. }) => {
            let before = transaction.open_table(SIZES_BEFORE)?;
            let total = before.get(ALL)?.map_or(0, |size| size.value());
            drop(before);
            transaction.delete_table(SIZES_BEFORE)?;
            let mut sizes = transaction.open_table(SIZES)?;
            sizes.insert(ALL, u128::from(total))?;
            Ok(sizes)
        }
        sizes => Ok(sizes?),
    }
}

/// All answers' bytes, as many as they can be.
fn total(sizes: &Table<'_, &'static str, u128>) -> Result<u64, redb::Error> {
    Ok(sizes.get(ALL)?.map_or(0, |size| u64::try_from(size.value()).unwrap_or(u64::MAX)))
}

/// Makes the tables, and sweeps what expired while nobody looked.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(ANSWERS)?;
    make_room(transaction, MOST, usize::MAX).map(drop)
}

/// An answer that is not expired at `now`. A damaged one is as one that is not there: its upstream is asked again.
pub(super) fn read(database: &Database, key: &str, now: u64) -> Result<Option<Bytes>, redb::Error> {
    let table = database.begin_read()?.open_table(ANSWERS)?;
    let Some(value) = table.get(key)? else { return Ok(None) };
    let opened = open(&[key], value.value());
    if opened.is_none() {
        tracing::warn!(key, "a kept answer is damaged");
    }
    // Whatever is expired is gone, swept or not.
    Ok(opened.filter(|(expires, _)| *expires > now).map(|(_, answer)| Bytes::copy_from_slice(answer)))
}

/// Whether no answer is kept.
pub(super) fn is_empty(database: &Database) -> Result<bool, redb::Error> {
    Ok(database.begin_read()?.open_table(BY_EXPIRY)?.first()?.is_none())
}

/// Keeps answers, each in the place of an older one of its key, and makes room for them.
pub(super) fn keep(transaction: &WriteTransaction, answers: &[Answer]) -> Result<(), redb::Error> {
    for answer in answers {
        keep_one(transaction, answer)?;
    }
    make_room(transaction, MOST, usize::MAX).map(drop)
}

fn keep_one(transaction: &WriteTransaction, Answer { key, answer, expires }: &Answer) -> Result<(), redb::Error> {
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(BY_EXPIRY)?;
    let mut sizes = sizes(transaction)?;
    let mut total = total(&sizes)?;
    let value = seal(&[key], *expires, answer);
    if let Some(before) = answers.insert(&**key, &*value)?
        && let Some((expired, _)) = open(&[key], before.value())
    {
        let size = by_expiry.remove((expired, &**key))?;
        total = total.saturating_sub(size.map_or(0, |size| size.value()));
    }
    let size = (key.len() + value.len()) as u64;
    by_expiry.insert((*expires, &**key), size)?;
    sizes.insert(ALL, u128::from(total.saturating_add(size)))?;
    Ok(())
}

/// Takes away what expires first, `count` answers at the most, and says how many bytes went.
pub(super) fn take_away(transaction: &WriteTransaction, count: usize) -> Result<u64, redb::Error> {
    make_room(transaction, 0, count)
}

/// Takes away what is expired, and what expires first while there is more than `most` bytes; `count` of them at the most.
/// Says how many bytes went.
fn make_room(transaction: &WriteTransaction, most: u64, count: usize) -> Result<u64, redb::Error> {
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(BY_EXPIRY)?;
    let mut sizes = sizes(transaction)?;
    let mut total = total(&sizes)?;
    let now = seconds(SystemTime::now());
    let mut gone = 0;
    for _ in 0..count {
        let first = by_expiry.first()?.map(|(key, size)| {
            let (expires, key) = key.value();
            (expires, key.to_owned(), size.value())
        });
        let Some((expires, key, size)) = first.filter(|(expires, ..)| *expires <= now || most == 0 || total > most)
        else {
            break;
        };
        by_expiry.remove((expires, &*key))?;
        answers.remove(&*key)?;
        total = total.saturating_sub(size);
        gone += size;
    }
    sizes.insert(ALL, u128::from(total))?;
    Ok(gone)
}
