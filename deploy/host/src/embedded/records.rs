//! Results, the claims of their runs and of nonces: the tables that one transaction writes together.

use std::time::Duration;

use badgesmith_engine::store::{
    Entry, NONCE_LIFE, RESULT_LIFE, Recorded, Span, Subject, nonce_partition, partition, result_key, result_range,
    run_key, subject_of,
};
use badgesmith_provider::Record;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::seconds;
use crate::transfer::Line;

/// (Collection and repository, sort key) → when it expires, in seconds since 1970 in eight bytes, and the record's JSON.
const RESULTS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("results");
/// (Collection and repository, run) and (subject, nonce) → when the claim expires, in seconds since 1970.
const CLAIMS: TableDefinition<(&str, &str), u64> = TableDefinition::new("claims");
/// (When it expires, 0 for a result or 1 for a claim, its two keys): what is swept next.
const EXPIRIES: TableDefinition<(u64, u8, &str, &str), ()> = TableDefinition::new("expiries");
/// How many expired rows one transaction sweeps at the most, so that no writer waits for long.
const SWEPT_AT_ONCE: usize = 256;

/// Makes the tables.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(RESULTS)?;
    transaction.open_table(CLAIMS)?;
    transaction.open_table(EXPIRIES)?;
    Ok(())
}

/// Claims the nonce and the run and writes the record, or writes nothing.
pub(super) fn record(transaction: &WriteTransaction, entry: &Entry) -> Result<Recorded, redb::Error> {
    let Entry { collection, subject, nonce, record, arrived } = entry;
    let now = seconds(*arrived);
    let after = |life: Duration| now + life.as_secs();
    let (nonces, results) = (nonce_partition(subject), partition(collection, subject));
    let run = run_key(subject, record);
    let mut claims = transaction.open_table(CLAIMS)?;
    let is_claimed = |claim: Option<redb::AccessGuard<u64>>| claim.is_some_and(|expires| expires.value() > now);
    if is_claimed(claims.get((&*nonces, &**nonce))?) {
        return Ok(Recorded::NonceUsed);
    }
    if is_claimed(claims.get((&*results, &*run))?) {
        return Ok(Recorded::Duplicate);
    }
    let mut expiries = transaction.open_table(EXPIRIES)?;
    let mut claim = |partition: &str, key: &str, expires: u64| -> Result<(), redb::Error> {
        let before = claims.insert((partition, key), expires)?.map(|before| before.value());
        if let Some(before) = before {
            expiries.remove((before, 1, partition, key))?;
        }
        expiries.insert((expires, 1, partition, key), ())?;
        Ok(())
    };
    claim(&nonces, nonce, after(NONCE_LIFE))?;
    claim(&results, &run, after(RESULT_LIFE))?;
    write(transaction, &results, &result_key(subject, record), record, after(RESULT_LIFE), &mut expiries)?;
    Ok(Recorded::New)
}

fn write(
    transaction: &WriteTransaction,
    partition: &str,
    key: &str,
    record: &Record,
    expires: u64,
    expiries: &mut redb::Table<(u64, u8, &str, &str), ()>,
) -> Result<(), redb::Error> {
    let mut results = transaction.open_table(RESULTS)?;
    // Records came as JSON and go as JSON.
    let json = serde_json::to_vec(record).unwrap_or_default();
    let value = [&expires.to_le_bytes()[..], &json].concat();
    if let Some((before, _)) = results.insert((partition, key), &*value)?.as_ref().and_then(|row| split(row.value())) {
        expiries.remove((before, 0, partition, key))?;
    }
    expiries.insert((expires, 0, partition, key), ())?;
    Ok(())
}

/// The records of a subject, the newest first.
pub(super) fn history(
    database: &Database,
    collection: &str,
    subject: &Subject,
    span: Span,
    now: u64,
) -> Result<Vec<Record>, redb::Error> {
    let partition = partition(collection, subject);
    let (from, to) = result_range(subject, span.since_ms);
    let table = database.begin_read()?.open_table(RESULTS)?;
    let mut records = Vec::new();
    for row in table.range((&*partition, &*from)..(&*partition, &*to))?.rev() {
        if records.len() == span.last {
            break;
        }
        let (key, value) = row?;
        // Whatever is expired is gone, swept or not.
        let Some((_, json)) = split(value.value()).filter(|(expires, _)| *expires > now) else { continue };
        match serde_json::from_slice(json) {
            Ok(record) => records.push(record),
            Err(fault) => tracing::error!(key = ?key.value(), %fault, "a record cannot be read"),
        }
    }
    Ok(records)
}

/// Hands every result over that is not expired.
pub(super) fn export(
    database: &Database,
    now: u64,
    each: &mut dyn FnMut(Line) -> Result<(), String>,
) -> Result<(), String> {
    let rows = || database.begin_read()?.open_table(RESULTS)?.range::<(&str, &str)>(..).map_err(redb::Error::from);
    for row in rows().map_err(|fault| fault.to_string())? {
        let (key, value) = row.map_err(|fault| fault.to_string())?;
        let Some((expires, json)) = split(value.value()).filter(|(expires, _)| *expires > now) else { continue };
        let (partition, key) = key.value();
        let (Some((collection, subject)), Ok(record)) = (subject_of(partition, key), serde_json::from_slice(json))
        else {
            return Err(format!("the record at {partition:?} {key:?} cannot be read"));
        };
        each(Line::new(collection, &subject, record, expires))?;
    }
    Ok(())
}

/// Takes away what is expired, not all of it at once.
pub(super) fn sweep(transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
    let mut expiries = transaction.open_table(EXPIRIES)?;
    let mut results = transaction.open_table(RESULTS)?;
    let mut claims = transaction.open_table(CLAIMS)?;
    for _ in 0..SWEPT_AT_ONCE {
        let first = expiries.first()?.map(|(key, _)| {
            let (expires, kind, partition, key) = key.value();
            (expires, kind, partition.to_owned(), key.to_owned())
        });
        let Some((expires, kind, partition, key)) = first.filter(|(expires, ..)| *expires <= now) else { break };
        expiries.remove((expires, kind, &*partition, &*key))?;
        if kind == 0 {
            results.remove((&*partition, &*key))?;
        } else {
            claims.remove((&*partition, &*key))?;
        }
    }
    Ok(())
}

/// When a row expires, and the rest of it.
fn split(row: &[u8]) -> Option<(u64, &[u8])> {
    row.split_first_chunk::<8>().map(|(expires, rest)| (u64::from_le_bytes(*expires), rest))
}
