//! Results, the claims of their runs and of nonces: the tables that one transaction writes together.

use std::time::Duration;

use badgesmith_engine::store::{
    Entry, NONCE_LIFE, RESULT_LIFE, Recorded, Span, Subject, nonce_partition, partition, result_key, result_range,
    run_key, subject_of,
};
use badgesmith_provider::Record;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{
    fault::{Fault, guard},
    file::Unchecked,
    sealed::{open, open_claim, seal, seal_claim},
    seconds,
};
use crate::transfer::{Exported, Line};

/// (Collection and repository, sort key) → the record's JSON, sealed.
const RESULTS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("results");
/// (Collection and repository, run) and (subject, nonce) → when the claim expires, in seconds since 1970, sealed.
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

/// Whether the tables are there, in a store that cannot be written now.
pub(super) fn check(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_read()?;
    transaction.open_table(RESULTS)?;
    transaction.open_table(CLAIMS)?;
    transaction.open_table(EXPIRIES)?;
    Ok(())
}

/// Claims the nonce and the run and writes the record, or writes nothing.
pub(super) fn record(transaction: &WriteTransaction, entry: &Entry) -> Result<Recorded, redb::Error> {
    let Entry { collection, subject, nonce, record, arrived } = entry;
    let now = seconds(*arrived);
    let after = |life: Duration| now.saturating_add(life.as_secs());
    let (nonces, results) = (nonce_partition(subject), partition(collection, subject));
    let run = run_key(subject, record);
    let mut claims = transaction.open_table(CLAIMS)?;
    let is_claimed = |partition: &str, key: &str, claim: Option<redb::AccessGuard<u64>>| {
        // A damaged claim was made all the same.
        claim.is_some_and(|claim| open_claim(&[partition, key], claim.value()).is_none_or(|expires| expires > now))
    };
    if is_claimed(&nonces, nonce, claims.get((&*nonces, &**nonce))?) {
        return Ok(Recorded::NonceUsed);
    }
    if is_claimed(&results, &run, claims.get((&*results, &*run))?) {
        return Ok(Recorded::Duplicate);
    }
    let mut expiries = transaction.open_table(EXPIRIES)?;
    let mut claim = |partition: &str, key: &str, expires: u64| -> Result<(), redb::Error> {
        let before = claims.insert((partition, key), seal_claim(&[partition, key], expires))?;
        if let Some(before) = before.and_then(|before| open_claim(&[partition, key], before.value())) {
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
    let before = results.insert((partition, key), &*seal(&[partition, key], expires, &json))?;
    if let Some((before, _)) = before.as_ref().and_then(|row| open(&[partition, key], row.value())) {
        expiries.remove((before, 0, partition, key))?;
    }
    expiries.insert((expires, 0, partition, key), ())?;
    Ok(())
}

/// The records of a subject, the newest first. A damaged one among those that are asked for is a fault: an older one in
/// its place would say something that is no longer so.
pub(super) fn history(
    database: &Database,
    collection: &str,
    subject: &Subject,
    span: Span,
    now: u64,
) -> Result<Vec<Record>, Fault> {
    let partition = partition(collection, subject);
    let (from, to) = result_range(subject, span.since_ms);
    let table = guard(|| Ok::<_, redb::Error>(database.begin_read()?.open_table(RESULTS)?))?;
    let read = || {
        let mut records = Vec::new();
        for row in table.range((&*partition, &*from)..(&*partition, &*to)).map_err(erased)?.rev() {
            if records.len() == span.last {
                break;
            }
            let (key, value) = row.map_err(erased)?;
            let (expires, record) = parse(key.value(), value.value()).ok_or_else(|| damaged(key.value()))?;
            // Whatever is expired is gone, swept or not.
            if expires > now {
                records.push(record);
            }
        }
        Ok(records)
    };
    guard::<_, Fault>(read)
}

/// Hands every result over that is not expired, in the order of keys, and says what could not be read.
///
/// Where the file itself cannot be read any further, the results behind that place are read from the other end.
pub(super) fn export(
    store: &Unchecked,
    now: u64,
    each: &mut dyn FnMut(Line) -> Result<(), String>,
) -> Result<Exported, String> {
    let open_table = || Ok::<_, redb::Error>(store.begin_read()?.open_table(RESULTS)?);
    let table = guard(open_table).map_err(|fault| fault.to_string())?;
    let mut exported = Exported::default();
    let mut last = None;
    let broke = walk(&table, false, &mut |key, value| {
        last = Some((key.0.to_owned(), key.1.to_owned()));
        match line(key, value, now) {
            Ok(Some(line)) => {
                exported.written += 1;
                each(line)?;
            }
            Ok(None) => {}
            Err(words) => exported.damaged.push(words),
        }
        Ok(true)
    })?;
    let Some(fault) = broke else { return Ok(exported) };
    let mut behind = Vec::new();
    let mut first = None;
    walk(&table, true, &mut |key, value| {
        let is_new = last.as_ref().is_none_or(|(partition, sort)| key > (&**partition, &**sort));
        if is_new {
            first = Some(format!("{:?} {:?}", key.0, key.1));
            behind.push(line(key, value, now));
        }
        Ok(is_new)
    })?;
    let before = last.map_or_else(|| "the first one".to_owned(), |(partition, key)| format!("{partition:?} {key:?}"));
    let after = first.unwrap_or_else(|| "the last one".to_owned());
    exported.damaged.push(format!("{fault}: what lies between {before} and {after} cannot be read"));
    for line in behind.into_iter().rev() {
        match line {
            Ok(Some(line)) => {
                exported.written += 1;
                each(line)?;
            }
            Ok(None) => {}
            Err(words) => exported.damaged.push(words),
        }
    }
    Ok(exported)
}

/// What is shown a row's key and value, and says whether it wants more.
type Visit<'a> = dyn FnMut((&str, &str), &[u8]) -> Result<bool, String> + 'a;

/// Shows every row to `each` until that says no, from the first or from the last; returns the fault that ended it.
fn walk(
    table: &redb::ReadOnlyTable<(&'static str, &'static str), &'static [u8]>,
    backwards: bool,
    each: &mut Visit,
) -> Result<Option<Fault>, String> {
    let mut rows = match guard(|| table.range::<(&str, &str)>(..).map_err(erased)) {
        Ok(rows) => rows,
        Err(fault) => return Ok(Some(fault)),
    };
    loop {
        let next = || if backwards { rows.next_back() } else { rows.next() }.transpose().map_err(erased);
        match guard(next) {
            Ok(Some((key, value))) => {
                if !each(key.value(), value.value())? {
                    return Ok(None);
                }
            }
            Ok(None) => return Ok(None),
            Err(fault) => return Ok(Some(fault)),
        }
    }
}

/// A row as a line, if it is not expired.
fn line(key: (&str, &str), value: &[u8], now: u64) -> Result<Option<Line>, String> {
    let (Some((expires, record)), Some((collection, subject))) = (parse(key, value), subject_of(key.0, key.1)) else {
        return Err(format!("the result at {:?} {:?} is damaged", key.0, key.1));
    };
    Ok((expires > now).then(|| Line::new(collection, &subject, record, expires)))
}

/// When a stored result expires, and the record; `None` where it is damaged.
fn parse(key: (&str, &str), value: &[u8]) -> Option<(u64, Record)> {
    let (expires, json) = open(&[key.0, key.1], value)?;
    // No result arrived before 1970; zeroes must not pass for one that is expired.
    let is_sound = expires >= RESULT_LIFE.as_secs();
    is_sound.then(|| serde_json::from_slice(json).ok()).flatten().map(|record| (expires, record))
}

fn damaged((partition, key): (&str, &str)) -> Fault {
    Fault::Value(format!("the result at {partition:?} {key:?}; the next report of that branch takes its place"))
}

fn erased(error: impl Into<redb::Error>) -> redb::Error {
    error.into()
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
        let row = (&*partition, &*key);
        // When the row itself says that it expires counts, and a result that cannot say it stays, so that nothing older
        // shows in its place.
        let later = if kind == 0 {
            let expires = results.get(row)?.map(|value| parse(row, value.value()).map(|(expires, _)| expires));
            if expires.flatten().is_some_and(|expires| expires <= now) {
                results.remove(row)?;
            }
            expires.flatten()
        } else {
            let expires = claims.get(row)?.and_then(|claim| open_claim(&[row.0, row.1], claim.value()));
            if expires.is_none_or(|expires| expires <= now) {
                claims.remove(row)?;
            }
            expires
        };
        if let Some(later) = later.filter(|later| *later > now) {
            expiries.insert((later, kind, row.0, row.1), ())?;
        }
    }
    Ok(())
}
