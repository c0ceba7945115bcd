//! Recording an accepted report, whether at once or from a queue.

use std::time::SystemTime;

use crate::{
    events::Cause,
    feed::Change,
    parts::Parts,
    store::{Entry, Recorded, Unavailable},
};

/// Records an entry together with its row of the outbox, and passes a new one to the feed of the live page.
pub(super) async fn record(
    parts: &Parts,
    entry: &mut Entry,
    correlation_id: &str,
    now: SystemTime,
) -> Result<Recorded, Unavailable> {
    let Entry { collection, subject, record, .. } = &*entry;
    entry.outbox = parts.outbox.of_record(Cause::Report, collection, subject, record, now, correlation_id);
    let recorded = parts.world.store.record(entry).await.inspect_err(|_| parts.store.invalidate())?;
    if recorded == Recorded::New {
        parts.outbox.ring();
        parts.feed.tell(&Change { collection: entry.collection.clone(), subject: entry.subject.clone() });
    }
    Ok(recorded)
}
