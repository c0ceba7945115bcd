//! Processes the new rows that the stream of the table of events delivers. The engine turns rows of the outbox into
//! rows of subscriptions' queues; these are sent to the queue of events.

use std::time::{Duration, SystemTime};

use badgesmith_aws::{AwsError, SqsQueue};
use badgesmith_engine::{Engine, store::Row};

use crate::{
    queued_events::send_rows,
    records::{BatchAnswer, NewRow},
};

/// The expiry that is set in a row, since the stream does not contain it. Nothing here reads it.
const ANY_LIFE: Duration = Duration::from_secs(60 * 60);

/// Processes the rows in their order, and answers from which record on the stream has to deliver again.
///
/// # Errors
/// The queue does not answer: all of them are sent again.
pub(crate) async fn tell_rows(engine: &Engine, queue: &SqsQueue, rows: &[NewRow]) -> Result<BatchAnswer, AwsError> {
    for (place, NewRow { sequence_number, row }) in rows.iter().enumerate() {
        let Some(inserted) = row else { continue };
        let now = SystemTime::now();
        let row = Row {
            partition: inserted.partition.clone(),
            key: inserted.key.clone(),
            value: inserted.value.clone(),
            expires: now + ANY_LIFE,
        };
        if let Err(fault) = engine.tell_row(&row, now).await {
            tracing::warn!(fault.words = fault.0, "a row of the outbox is told later");
            let answer = send_rows(queue, &rows[..place]).await?;
            return Ok(if answer.is_done() { BatchAnswer::failed([sequence_number.clone()]) } else { answer });
        }
    }
    send_rows(queue, rows).await
}
