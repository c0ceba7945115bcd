//! Records, with the claims of their runs and nonces, and of the deliveries that brought them.

use std::time::SystemTime;

use badgesmith_engine::store::{
    DELIVERY_LIFE, Delivery, Entry, Nonce, RESULT_LIFE, Recorded, Row, Span, Subject, SubjectRecord,
    delivery_partition, nonce_partition, partition, result_key, result_range, run_key,
};
use badgesmith_provider::Record;
use redb::{Database, ReadOnlyTable};

use super::{
    checksummed::decode,
    event_rows, lists,
    panic_guard::guard,
    rows::{self, RowKey, RowKind, Tables, after},
    store_error::StoreError,
};
use crate::unix_time::unix_seconds;

/// A record that is to be written.
struct NewRecord<'a> {
    collection: &'a str,
    subject: &'a Subject,
    record: &'a Record,
    arrived: SystemTime,
    outbox: Option<&'a Row>,
}

/// Claims the nonce and the run and writes the record. If one of them is claimed already, writes nothing.
pub(super) fn record(tables: &mut Tables<'_>, entry: &Entry) -> Result<Recorded, redb::Error> {
    let Entry { collection, subject, nonce, record, arrived, outbox } = entry;
    let (now, nonces) = (unix_seconds(*arrived), nonce_partition(collection, subject));
    let nonce_key = (&*nonces, &*nonce.value);
    if tables.is_claimed(nonce_key, now)? {
        let run = (&*partition(collection, subject), &*run_key(subject, record));
        let is_duplicate = nonce.is_after_run && tables.is_claimed(run, now)?;
        return Ok(if is_duplicate { Recorded::Duplicate } else { Recorded::NonceUsed });
    }
    if !write(tables, &NewRecord { collection, subject, record, arrived: *arrived, outbox: outbox.as_ref() })? {
        return Ok(Recorded::Duplicate);
    }
    tables.claim(nonce_key, unix_seconds(nonce.expiry(*arrived)))?;
    Ok(Recorded::New)
}

/// Claims a nonce without writing a record. Returns `false` if the nonce is claimed already.
pub(super) fn claim_nonce(
    tables: &mut Tables<'_>,
    nonces: &str,
    nonce: &Nonce,
    at: SystemTime,
) -> Result<bool, redb::Error> {
    let key = (nonces, &*nonce.value);
    if tables.is_claimed(key, unix_seconds(at))? {
        return Ok(false);
    }
    tables.claim(key, unix_seconds(nonce.expiry(at)))?;
    Ok(true)
}

/// Claims the delivery's id and writes those of its records whose run is not claimed. If the id is claimed already,
/// writes nothing and returns `false`.
pub(super) fn deliver(tables: &mut Tables<'_>, delivery: &Delivery) -> Result<bool, redb::Error> {
    let Delivery { scheme, owner, id, records, arrived } = delivery;
    let (now, deliveries) = (unix_seconds(*arrived), delivery_partition(scheme, owner));
    if tables.is_claimed((&deliveries, id), now)? {
        return Ok(false);
    }
    tables.claim((&deliveries, id), after(now, DELIVERY_LIFE))?;
    for delivered in records {
        let SubjectRecord { collection, subject, record, outbox } = delivered;
        write(tables, &NewRecord { collection, subject, record, arrived: *arrived, outbox: outbox.as_ref() })?;
    }
    Ok(true)
}

/// Claims the run, writes the record and its outbox row and lists its subject. If the run is claimed already, writes
/// nothing and returns `false`.
fn write(tables: &mut Tables<'_>, new: &NewRecord<'_>) -> Result<bool, redb::Error> {
    let NewRecord { collection, subject, record, arrived, outbox } = *new;
    let (now, partition) = (unix_seconds(arrived), partition(collection, subject));
    let run = run_key(subject, record);
    if tables.is_claimed((&partition, &run), now)? {
        return Ok(false);
    }
    let expires = after(now, RESULT_LIFE);
    tables.claim((&partition, &run), expires)?;
    // A record was parsed from JSON, so it can be written as JSON.
    let json = serde_json::to_vec(record).unwrap_or_default();
    tables.write(RowKind::Result, (&partition, &result_key(subject, record)), &json, expires)?;
    lists::list(tables, collection, subject, &lists::Change { at: arrived, expires })?;
    outbox.map_or(Ok(()), |row| event_rows::put(tables, row))?;
    Ok(true)
}

/// The records of a subject, newest first. A damaged one among them is an error: an older one in its place would show
/// an outdated result. `None` if they have more bytes than `most_bytes`.
pub(super) fn history(
    database: &Database,
    collection: &str,
    subject: &Subject,
    span: &Span,
    now: u64,
    most_bytes: usize,
) -> Result<Option<Vec<Record>>, StoreError> {
    let Some(table) = guard(|| rows::open(database, RowKind::Result))? else { return Ok(Some(Vec::new())) };
    history_in(&table, collection, subject, span, now, most_bytes)
}

/// The same in an open table.
pub(super) fn history_in(
    table: &ReadOnlyTable<RowKey<'static>, &'static [u8]>,
    collection: &str,
    subject: &Subject,
    span: &Span,
    now: u64,
    most_bytes: usize,
) -> Result<Option<Vec<Record>>, StoreError> {
    let partition = partition(collection, subject);
    let (from, to) = result_range(subject, span);
    let read = || {
        let (mut records, mut bytes) = (Vec::new(), 0);
        if from >= to {
            return Ok(Some(records));
        }
        for row in table.range((&*partition, &*from)..(&*partition, &*to)).map_err(redb::Error::from)?.rev() {
            if records.len() == span.last {
                break;
            }
            let (key, value) = row.map_err(redb::Error::from)?;
            bytes += value.value().len();
            if bytes > most_bytes {
                return Ok(None);
            }
            let (expires, record) = parse(key.value(), value.value()).ok_or_else(|| damaged(key.value()))?;
            // An expired row may not have been swept yet.
            if expires > now {
                records.push(record);
            }
        }
        Ok(Some(records))
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
