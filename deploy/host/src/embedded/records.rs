//! Results, and the claims of runs and nonces: the tables that one transaction writes together.

use std::time::Duration;

use badgesmith_engine::store::{
    Entry, NONCE_LIFE, RESULT_LIFE, Recorded, Span, Subject, nonce_partition, partition, result_key, result_range,
    run_key,
};
use badgesmith_provider::Record;
use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::{
    checksummed::{decode, decode_claim, encode, encode_claim},
    panic_guard::guard,
    store_error::StoreError,
};
use crate::unix_time::unix_seconds;

/// A row's key: the partition (collection and repository, or subject of a nonce), and the sort key within it.
pub(super) type RowKey<'a> = (&'a str, &'a str);

/// Row key → the record's JSON, checksummed.
pub(super) const RESULTS: TableDefinition<RowKey<'static>, &[u8]> = TableDefinition::new("results");
/// Row key of a run or a nonce → the claim's expiry, checksummed.
const CLAIMS: TableDefinition<RowKey<'static>, u64> = TableDefinition::new("claims");
/// (Expiry, [`RESULT`] or [`CLAIM`], row key): what expires next.
const EXPIRIES: TableDefinition<(u64, u8, &str, &str), ()> = TableDefinition::new("expiries");
const RESULT: u8 = 0;
const CLAIM: u8 = 1;
/// How many expired rows one transaction deletes at most, so that no writer waits for long.
const SWEEP_LIMIT: usize = 256;

/// Creates the tables.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(RESULTS)?;
    transaction.open_table(CLAIMS)?;
    transaction.open_table(EXPIRIES)?;
    Ok(())
}

/// Checks that the tables exist, in a database that cannot be written now.
pub(super) fn check(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_read()?;
    transaction.open_table(RESULTS)?;
    transaction.open_table(CLAIMS)?;
    transaction.open_table(EXPIRIES)?;
    Ok(())
}

/// Claims the nonce and the run and writes the record; or writes nothing if one of them is claimed already.
pub(super) fn record(transaction: &WriteTransaction, entry: &Entry) -> Result<Recorded, redb::Error> {
    let Entry { collection, subject, nonce, record, arrived } = entry;
    let now = unix_seconds(*arrived);
    let after = |life: Duration| now.saturating_add(life.as_secs());
    let (nonces, results) = (nonce_partition(subject), partition(collection, subject));
    let (run, result) = (run_key(subject, record), result_key(subject, record));
    let mut tables = WriteTables {
        results: transaction.open_table(RESULTS)?,
        claims: transaction.open_table(CLAIMS)?,
        expiries: transaction.open_table(EXPIRIES)?,
    };
    if tables.is_claimed((&nonces, nonce), now)? {
        return Ok(Recorded::NonceUsed);
    }
    if tables.is_claimed((&results, &run), now)? {
        return Ok(Recorded::Duplicate);
    }
    tables.claim((&nonces, nonce), after(NONCE_LIFE))?;
    tables.claim((&results, &run), after(RESULT_LIFE))?;
    tables.write((&results, &result), record, after(RESULT_LIFE))?;
    Ok(Recorded::New)
}

/// The tables of one write transaction.
struct WriteTables<'t> {
    results: Table<'t, RowKey<'static>, &'static [u8]>,
    claims: Table<'t, RowKey<'static>, u64>,
    expiries: Table<'t, (u64, u8, &'static str, &'static str), ()>,
}

impl WriteTables<'_> {
    fn is_claimed(&self, key: RowKey<'_>, now: u64) -> Result<bool, redb::Error> {
        // A damaged claim still counts as a claim.
        let claim = self.claims.get(key)?;
        Ok(claim.is_some_and(|claim| decode_claim(&[key.0, key.1], claim.value()).is_none_or(|expires| expires > now)))
    }

    fn claim(&mut self, key: RowKey<'_>, expires: u64) -> Result<(), redb::Error> {
        let previous = self.claims.insert(key, encode_claim(&[key.0, key.1], expires))?;
        if let Some(previous) = previous.and_then(|claim| decode_claim(&[key.0, key.1], claim.value())) {
            self.expiries.remove((previous, CLAIM, key.0, key.1))?;
        }
        self.expiries.insert((expires, CLAIM, key.0, key.1), ())?;
        Ok(())
    }

    fn write(&mut self, key: RowKey<'_>, record: &Record, expires: u64) -> Result<(), redb::Error> {
        // A record was parsed from JSON, so it can be written as JSON.
        let json = serde_json::to_vec(record).unwrap_or_default();
        let previous = self.results.insert(key, &*encode(&[key.0, key.1], expires, &json))?;
        if let Some((previous, _)) = previous.as_ref().and_then(|row| decode(&[key.0, key.1], row.value())) {
            self.expiries.remove((previous, RESULT, key.0, key.1))?;
        }
        self.expiries.insert((expires, RESULT, key.0, key.1), ())?;
        Ok(())
    }
}

/// The records of a subject, newest first. A damaged one among them is an error: an older one in its place would show
/// an outdated result.
pub(super) fn history(
    database: &Database,
    collection: &str,
    subject: &Subject,
    span: Span,
    now: u64,
) -> Result<Vec<Record>, StoreError> {
    let partition = partition(collection, subject);
    let (from, to) = result_range(subject, &span);
    let table = guard(|| Ok::<_, redb::Error>(database.begin_read()?.open_table(RESULTS)?))?;
    let read = || {
        let mut records = Vec::new();
        for row in table.range((&*partition, &*from)..(&*partition, &*to)).map_err(redb::Error::from)?.rev() {
            if records.len() == span.last {
                break;
            }
            let (key, value) = row.map_err(redb::Error::from)?;
            let (expires, record) = parse(key.value(), value.value()).ok_or_else(|| damaged(key.value()))?;
            // An expired row may not have been swept yet.
            if expires > now {
                records.push(record);
            }
        }
        Ok(records)
    };
    guard::<_, StoreError>(read)
}

/// The expiry of a stored result, and the record; `None` if it is damaged.
pub(super) fn parse(key: RowKey<'_>, value: &[u8]) -> Option<(u64, Record)> {
    let (expires, json) = decode(&[key.0, key.1], value)?;
    // No result arrived before 1970; a value of zeroes must not count as an expired result.
    let is_sound = expires >= RESULT_LIFE.as_secs();
    is_sound.then(|| serde_json::from_slice(json).ok()).flatten().map(|record| (expires, record))
}

fn damaged(key: RowKey<'_>) -> StoreError {
    let (partition, key) = key;
    StoreError::DamagedValue(format!(
        "the result at {partition:?} {key:?}; the next report of that branch takes its place"
    ))
}

/// Deletes expired rows, at most [`SWEEP_LIMIT`] of them.
pub(super) fn sweep(transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
    let mut expiries = transaction.open_table(EXPIRIES)?;
    let mut results = transaction.open_table(RESULTS)?;
    let mut claims = transaction.open_table(CLAIMS)?;
    for _ in 0..SWEEP_LIMIT {
        let first = expiries.first()?.map(|(key, _)| {
            let (expires, kind, partition, key) = key.value();
            (expires, kind, partition.to_owned(), key.to_owned())
        });
        let Some((expires, kind, partition, key)) = first.filter(|(expires, ..)| *expires <= now) else { break };
        expiries.remove((expires, kind, &*partition, &*key))?;
        let row = (&*partition, &*key);
        // The expiry in the row itself decides. A damaged result, whose expiry cannot be read, stays, so that nothing
        // older is shown in its place.
        let stored_expiry = if kind == RESULT {
            let expires = results.get(row)?.and_then(|value| parse(row, value.value())).map(|(expires, _)| expires);
            if expires.is_some_and(|expires| expires <= now) {
                results.remove(row)?;
            }
            expires
        } else {
            let expires = claims.get(row)?.and_then(|claim| decode_claim(&[row.0, row.1], claim.value()));
            if expires.is_none_or(|expires| expires <= now) {
                claims.remove(row)?;
            }
            expires
        };
        if let Some(later) = stored_expiry.filter(|expires| *expires > now) {
            expiries.insert((later, kind, row.0, row.1), ())?;
        }
    }
    Ok(())
}
