//! Sends the events of a batch of the queue of events to their receivers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use badgesmith_aws::{AwsClients, EventMessage, MessageEnd, ReceivedMessage, SqsQueue, work_in_order};
use badgesmith_engine::{
    Engine,
    events::{AttemptEnd, Courier},
    store::Unavailable,
};
use tokio::time::Instant;

use crate::records::BatchAnswer;

/// How long before the function's time limit the last event is sent: one attempt, and putting the batch back.
const LAST_ATTEMPT: Duration = Duration::from_secs(15);
/// After how long a message is received again if the store did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(30);

/// Sends the events of a batch, those of each group in order, and answers which messages are to be received again. A
/// message is received again when its event is due; until then the others of its group wait.
pub(crate) async fn send_events(
    engine: &Engine,
    courier: &Arc<dyn Courier>,
    aws: &Arc<AwsClients>,
    arn: &str,
    messages: &[ReceivedMessage],
    timeout: Duration,
) -> BatchAnswer {
    let deadline = Instant::now() + timeout.saturating_sub(LAST_ATTEMPT);
    let waits = Mutex::new(BTreeMap::new());
    let send = async |place: usize| {
        let (end, wait) = send(engine, courier, &messages[place], deadline).await;
        waits.lock().unwrap_or_else(PoisonError::into_inner).insert(place, wait);
        end
    };
    let ends = work_in_order(messages, |message| &message.group, send).await;
    let waits = waits.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed: Vec<_> = (0..messages.len()).filter(|place| ends[*place] != MessageEnd::Done).collect();
    let put = async {
        let queue = SqsQueue::new(Arc::clone(aws), arn)?;
        // In reverse order, so that no message is received before an earlier one of its group.
        for place in failed.iter().rev() {
            let wait = waits.get(place).copied().unwrap_or_default();
            queue.put_back(&messages[*place].receipt, wait).await?;
        }
        Ok::<_, badgesmith_aws::AwsError>(())
    };
    if let Err(fault) = put.await {
        tracing::warn!(fault.words = %fault, "messages could not be put back; they come back later");
    }
    BatchAnswer::failed(failed.into_iter().map(|place| messages[place].id.clone()))
}

/// Sends the event of a message. The returned duration is the delay before a message is received again.
async fn send(
    engine: &Engine,
    courier: &Arc<dyn Courier>,
    message: &ReceivedMessage,
    deadline: Instant,
) -> (MessageEnd, Duration) {
    if Instant::now() >= deadline {
        return (MessageEnd::Postponed, Duration::ZERO);
    }
    let Ok(EventMessage { subscription, key, .. }) = serde_json::from_str(&message.body) else {
        // The message is received again until it becomes a dead letter, but logged only once.
        if message.receives <= 1 {
            tracing::error!(id = message.id, "a message of the queue of events is damaged");
        }
        return (MessageEnd::Poison, Duration::ZERO);
    };
    let now = SystemTime::now();
    match engine.send_event(&subscription, &key, &**courier, now).await {
        // If the subscription ended, the event's row waits until the subscription is resumed, which writes the row
        // again.
        Ok(AttemptEnd::Delivered | AttemptEnd::Dead | AttemptEnd::Ended) => (MessageEnd::Done, Duration::ZERO),
        Ok(AttemptEnd::Again(due)) => {
            let due = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(due.as_ms()).unwrap_or_default());
            (MessageEnd::Postponed, due.duration_since(now).unwrap_or_default())
        }
        Err(Unavailable(_)) => (MessageEnd::Postponed, STORE_PAUSE),
    }
}
