//! Dead letters, and subscriptions that were ended by their receivers, for the operator's commands.

use std::time::SystemTime;

use badgesmith_provider::Timestamp;

use super::{
    queued::QueuedEvent,
    rows::{ENDED, QUEUE_LIFE, dead_partition, queue_key, queue_partition, row},
};
use crate::store::{Row, RowChange, RowIs, Store, Unavailable};

/// How many rows are read at once.
const PAGE: usize = 100;
/// The most ended subscriptions that are listed.
const MOST_ENDED: usize = 1000;

/// An event that could not be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The subscription.
    pub subscription: String,
    /// The key by which commands name the dead letter.
    pub key: String,
    /// The event, how often it was sent, and why the last attempt failed; `None` if the row is damaged.
    pub queued: Option<QueuedEvent>,
    row: Row,
}

/// The dead letters of a subscription, the oldest first, from the first one after `after` on, at most `limit`.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub async fn dead_letters(
    store: &dyn Store,
    subscription: &str,
    after: &str,
    limit: usize,
    now: SystemTime,
) -> Result<Vec<DeadLetter>, Unavailable> {
    let rows = store.rows(&dead_partition(subscription), after, limit, now).await?;
    let letter = |row: Row| DeadLetter {
        subscription: subscription.to_owned(),
        key: row.key.clone(),
        queued: QueuedEvent::read(&row.value),
        row,
    };
    Ok(rows.into_iter().map(letter).collect())
}

impl DeadLetter {
    /// Puts the event back into the queue, with no attempts counted. `false` if the dead letter is damaged, or no
    /// longer there.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it will be sent.
    pub async fn replay(&self, store: &dyn Store, now: SystemTime) -> Result<bool, Unavailable> {
        let Some(queued) = &self.queued else { return Ok(false) };
        let queued =
            QueuedEvent { attempts: 0, due: Timestamp::MIN, reason: String::new(), event: queued.event.clone() };
        // The key has the current time, so that a sender that has read the queue already finds the event.
        let again = Row {
            partition: queue_partition(&self.subscription),
            key: queue_key(now, &queued.event),
            value: queued.write(),
            expires: now + QUEUE_LIFE,
        };
        let gone = RowChange::Delete(self.row.partition.clone(), self.row.key.clone(), RowIs::Present);
        store.change_rows(&[gone, RowChange::Put(again, RowIs::Any)], now).await
    }

    /// Deletes the dead letter. `false` if it is no longer there.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was deleted.
    pub async fn purge(&self, store: &dyn Store, now: SystemTime) -> Result<bool, Unavailable> {
        let gone = RowChange::Delete(self.row.partition.clone(), self.row.key.clone(), RowIs::Present);
        store.change_rows(&[gone], now).await
    }
}

/// The subscriptions that were ended by their receivers, and when.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub async fn ended_subscriptions(store: &dyn Store, now: SystemTime) -> Result<Vec<(String, String)>, Unavailable> {
    let rows = store.rows(ENDED, "", MOST_ENDED, now).await?;
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

/// Resumes a subscription that was ended by its receiver. `false` if it was not ended.
///
/// # Errors
/// [`Unavailable`] if it is unknown whether it was resumed.
pub async fn resume(store: &dyn Store, subscription: &str, now: SystemTime) -> Result<bool, Unavailable> {
    let ended = RowChange::Delete(ENDED.to_owned(), subscription.to_owned(), RowIs::Present);
    if !store.change_rows(&[ended], now).await? {
        return Ok(false);
    }
    if store.is_shared() {
        renew(store, subscription, now).await?;
    }
    Ok(true)
}

/// Writes the queue's events as new rows: a Lambda function is invoked for new rows only.
async fn renew(store: &dyn Store, subscription: &str, now: SystemTime) -> Result<(), Unavailable> {
    let partition = queue_partition(subscription);
    let mut after = String::new();
    loop {
        let page = store.rows(&partition, &after, PAGE, now).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.key);
        for row in page {
            let Some(queued) = QueuedEvent::read(&row.value) else { continue };
            let key = queue_key(now, &queued.event);
            // From here on, the rows are those that this loop wrote.
            if row.key >= key {
                return Ok(());
            }
            let gone = RowChange::Delete(row.partition.clone(), row.key, RowIs::Present);
            let again = Row { partition: row.partition, key, value: row.value, expires: now + QUEUE_LIFE };
            store.change_rows(&[gone, RowChange::Put(again, RowIs::Any)], now).await?;
        }
    }
}

/// The event with this key in the queue of a subscription; `None` if there is none.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub async fn waiting_event(
    store: &dyn Store,
    subscription: &str,
    key: &str,
    now: SystemTime,
) -> Result<Option<QueuedEvent>, Unavailable> {
    let found = row(store, &queue_partition(subscription), key, now).await?;
    Ok(found.and_then(|row| QueuedEvent::read(&row.value)))
}

/// How many events are in the queue of a subscription, counted up to `limit`, and since when the oldest one is there.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub async fn waiting(
    store: &dyn Store,
    subscription: &str,
    limit: usize,
    now: SystemTime,
) -> Result<(usize, Option<String>), Unavailable> {
    let rows = store.rows(&queue_partition(subscription), "", limit, now).await?;
    let oldest = rows.first().and_then(|row| row.key.split('#').next()).map(str::to_owned);
    Ok((rows.len(), oldest))
}
