//! Marks that make cached answers stale.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::MARK_LIFE;
use redb::Database;

use super::rows::{self, RowKind, Tables, after};
use crate::unix_time::{unix_milliseconds, unix_seconds};

/// The partition of all marks.
const PARTITION: &str = "STALE";

/// Stores the time since when cached answers about `about`, a key of the engine, are stale. A time earlier than the
/// stored one changes nothing.
pub(super) fn mark(tables: &mut Tables<'_>, about: &str, at: SystemTime) -> Result<(), redb::Error> {
    let key = (PARTITION, about);
    let stored = tables.read(RowKind::Mark, key, read_time)?;
    if stored.is_some_and(|(_, stored)| stored >= unix_milliseconds(at)) {
        return Ok(());
    }
    let expires = after(unix_seconds(at), MARK_LIFE);
    tables.write(RowKind::Mark, key, &unix_milliseconds(at).to_le_bytes(), expires)
}

/// The time since when cached answers about `about` are stale, if one is stored. A damaged mark counts as absent.
pub(super) fn read(database: &Database, about: &str, now: u64) -> Result<Option<SystemTime>, redb::Error> {
    let key = (PARTITION, about);
    let Some(table) = rows::open(database, RowKind::Mark)? else { return Ok(None) };
    let Some(row) = table.get(key)? else { return Ok(None) };
    let Some((expires, at)) = RowKind::Mark.decode(key, row.value()) else { return Ok(None) };
    let at = read_time(at).and_then(|at| u64::try_from(at).ok()).filter(|_| expires > now);
    Ok(at.map(|at| SystemTime::UNIX_EPOCH + Duration::from_millis(at)))
}

fn read_time(value: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(value.try_into().ok()?))
}
