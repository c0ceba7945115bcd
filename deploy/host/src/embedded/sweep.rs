//! Deletes what has expired, a little in each transaction.

use super::{
    records::parse,
    rows::{RowKind, Tables},
};

/// How many expired rows one transaction deletes at most, so that no writer waits for long.
const SWEEP_LIMIT: usize = 256;

/// Deletes expired rows, at most [`SWEEP_LIMIT`] of them.
pub(super) fn sweep(tables: &mut Tables<'_>, now: u64) -> Result<(), redb::Error> {
    for _ in 0..SWEEP_LIMIT {
        let Some(expired) = tables.take_expired(now)? else { break };
        // A damaged result stays, so that nothing older is shown in its place.
        let key = expired.row_key();
        tables.delete_expired(&expired, now, |kind, row| kind == RowKind::Result && parse(key, row).is_none())?;
    }
    Ok(())
}
