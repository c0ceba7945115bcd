//! States: for each subject and collection, the one with the greatest sequence is stored.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{MOST_STATES, Row, States, Subject, escape, read_state_key, state_key, state_partition};
use badgesmith_provider::{FoundState, State};
use redb::Database;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    checksummed::FOREVER,
    event_rows,
    lists::{self, Change},
    panic_guard::guard,
    rows::{self, RowKey, RowKind, Tables, after},
    store_error::StoreError,
};
use crate::unix_time::{unix_milliseconds, unix_seconds};

/// A state that is to be written, with its subject and the outbox row that announces it.
#[derive(Debug)]
pub(super) struct NewState {
    pub(super) state: State,
    pub(super) subject: Subject,
    pub(super) now: SystemTime,
    pub(super) outbox: Option<Row>,
}

/// The stored value of a state. The rest of the state is in the row's key.
#[derive(Serialize, Deserialize)]
struct StoredState {
    sequence: Vec<u64>,
    fields: Map<String, Value>,
    written_ms: i64,
}

/// Writes a state, unless the stored one has the same or a greater sequence. A damaged one is replaced.
pub(super) fn put(tables: &mut Tables<'_>, new: &NewState) -> Result<bool, redb::Error> {
    let NewState { state, subject, now, outbox } = new;
    let partition = state_partition(&state.collection, subject.owner(), subject.repo());
    let key = state_key(subject.platform(), subject.branch());
    let sequence = |json: &[u8]| serde_json::from_slice::<StoredState>(json).ok().map(|state| state.sequence);
    let stored = tables.read(RowKind::State, (&partition, &key), sequence)?;
    if stored.is_some_and(|(expires, sequence)| expires > unix_seconds(*now) && sequence >= state.sequence) {
        return Ok(false);
    }
    let written = StoredState {
        sequence: state.sequence.clone(),
        fields: state.fields.clone(),
        written_ms: unix_milliseconds(*now),
    };
    // A state was parsed from JSON, so it can be written as JSON.
    let json = serde_json::to_vec(&written).unwrap_or_default();
    let life = state.life_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let expires = life.map_or(FOREVER, |life| after(unix_seconds(*now), life));
    tables.write(RowKind::State, (&partition, &key), &json, expires)?;
    if life.is_none() {
        lists::list(tables, &state.collection, subject, &Change { at: *now, expires })?;
    }
    outbox.as_ref().map_or(Ok(()), |row| event_rows::put(tables, row))?;
    Ok(true)
}

/// The states that a query names, ordered by their keys, at most [`MOST_STATES`].
pub(super) fn read(database: &Database, states: &States, now: u64) -> Result<Vec<FoundState>, StoreError> {
    let States { collection, owner, repo, platform, branch } = states;
    let partition = state_partition(collection, owner, repo);
    let (from, to) = match (platform, branch) {
        (None, _) => (String::new(), "\u{10ffff}".to_owned()),
        // `$` follows `#` in ASCII.
        (Some(platform), None) => (format!("{}#", escape(platform)), format!("{}$", escape(platform))),
        // No key lies between a text and the same text with a zero at its end.
        (Some(platform), Some(branch)) => {
            let key = state_key(platform, branch);
            (key.clone(), key + "\0")
        }
    };
    let Some(table) = guard(|| rows::open(database, RowKind::State))? else { return Ok(Vec::new()) };
    let read = || {
        let mut found = Vec::new();
        for row in table.range((&*partition, &*from)..(&*partition, &*to)).map_err(redb::Error::from)? {
            if found.len() == MOST_STATES {
                break;
            }
            let (key, value) = row.map_err(redb::Error::from)?;
            let (expires, state) = parse(key.value(), value.value()).ok_or_else(|| damaged(key.value()))?;
            // An expired row may not have been swept yet.
            if expires > now {
                found.push(state);
            }
        }
        Ok(found)
    };
    guard::<_, StoreError>(read)
}

/// The expiry of a stored state, and the state; `None` if it is damaged.
pub(super) fn parse(key: RowKey<'_>, value: &[u8]) -> Option<(u64, FoundState)> {
    let (expires, json) = RowKind::State.decode(key, value)?;
    let StoredState { sequence, fields, written_ms } = serde_json::from_slice(json).ok()?;
    let (platform, branch) = read_state_key(key.1)?;
    Some((expires, FoundState { platform, branch, sequence, fields, written_ms }))
}

fn damaged(key: RowKey<'_>) -> StoreError {
    let (partition, key) = key;
    StoreError::DamagedValue(format!("the state at {partition:?} {key:?}; its next change takes its place"))
}
