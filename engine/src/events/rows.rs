//! The keys of events' rows, and reading one row.

use std::time::{Duration, SystemTime};

use super::event::{Event, EventSubject};
use crate::{
    digest::digest,
    store::{Row, Store, Unavailable},
};

/// How long a subject's cursor is kept after its last event: as long as a result.
pub(crate) const CURSOR_LIFE: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// How long an event stays in a queue after its last attempt: two weeks.
pub(crate) const QUEUE_LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How long a dead letter is kept: 30 days.
pub(crate) const DEAD_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long the row is kept that says that a receiver ended a subscription: ten years.
pub(crate) const ENDED_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The partition of the subscriptions that were ended by their receivers.
pub(crate) const ENDED: &str = "ENDED";
/// The partition of leases.
pub(crate) const LEASES: &str = "LEASE";
/// The only key of a cursor's partition.
pub(crate) const CURSOR: &str = "CURSOR";

/// Whether this is a partition of the outbox.
pub(crate) fn is_outbox(partition: &str) -> bool {
    partition.starts_with("OUTBOX#")
}

/// The partition of a subject's cursor: a hash of its names, which together may be longer than a key.
pub(crate) fn cursor_partition(subject: &EventSubject) -> String {
    format!("SUBJECT#{}", hex::encode(digest(&subject.names())))
}

/// The partition of a subscription's queue.
pub(crate) fn queue_partition(subscription: &str) -> String {
    format!("QUEUE#{subscription}")
}

/// The partition of the dead letters of a subscription.
pub(crate) fn dead_partition(subscription: &str) -> String {
    format!("DEAD#{subscription}")
}

/// The sort key of an event that is created at this time: events of one subject sort by their sequence.
pub(crate) fn queue_key(told: SystemTime, event: &Event) -> String {
    format!("{}#{:020}#{}", super::happening::timestamp(told), event.sequence, event.id)
}

/// The row with this key. Keys of other rows differ in more than the last character.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub(crate) async fn row(
    store: &dyn Store,
    partition: &str,
    key: &str,
    now: SystemTime,
) -> Result<Option<Row>, Unavailable> {
    /// How many keys can lie between a key and the one that lacks its last character.
    const NEIGHBOURS: usize = 40;
    let mut before = key.to_owned();
    before.pop();
    let found = store.rows(partition, &before, NEIGHBOURS, now).await?;
    Ok(found.into_iter().find(|row| row.key == key))
}
