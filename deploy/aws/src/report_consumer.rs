//! Records reports from their queue, for a server that polls it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{Engine, QueuedError};
use tokio::time::{Instant, sleep};

use crate::{
    aws_error::AwsError,
    group_order::{MessageEnd, work_in_order},
    sqs::{ReceivedMessage, SqsQueue},
};

/// How long one poll of the queue waits for a message; SQS allows no more.
const POLL: Duration = Duration::from_secs(20);
/// The time limit of a batch: a report is one transaction, which has 3 seconds, and is repeated while there is time.
const BATCH_LIMIT: Duration = Duration::from_secs(10);
/// How long no other receiver gets a message: six times the time limit, as AWS advises, so that a slow batch is not
/// processed twice.
const VISIBILITY: Duration = Duration::from_secs(60);
/// The pause between two attempts at a report while the store does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The pause after the queue or the store did not answer. It is shorter than the delay of a message that was put back.
const QUEUE_PAUSE: Duration = Duration::from_secs(5);
/// The delay after which a report is received again if the store did not answer for it. It doubles with each receipt,
/// so that three receipts outlast an outage of two minutes.
const FIRST_DELAY: Duration = Duration::from_secs(45);
/// The longest delay; SQS allows twelve hours.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// Polls the queue and records its reports with the current engine, until this future is dropped. Messages that are
/// being processed at that moment are received again later, by this server or another.
pub async fn consume_reports(queue: &SqsQueue, engine: impl Fn() -> Arc<Engine>) {
    loop {
        match consume_batch(queue, &engine, POLL).await {
            Ok(true) => {}
            Ok(false) => sleep(QUEUE_PAUSE).await,
            Err(fault) => {
                tracing::error!(queue = queue.name(), fault.words = %fault, "the queue of reports does not answer");
                sleep(QUEUE_PAUSE).await;
            }
        }
    }
}

/// Receives at most ten messages, waiting for the first one for at most `wait`, records them, deletes those that are
/// done and puts the others back. Returns `false` if the store did not answer for one of them.
///
/// # Errors
/// The queue does not answer.
pub async fn consume_batch(
    queue: &SqsQueue,
    engine: impl Fn() -> Arc<Engine>,
    wait: Duration,
) -> Result<bool, AwsError> {
    let messages = queue.receive(wait, VISIBILITY).await?;
    let ends = record_batch(&engine(), &messages, Instant::now() + BATCH_LIMIT).await;
    settle_batch(queue, &messages, &ends).await?;
    Ok(!ends.contains(&MessageEnd::Postponed))
}

/// Records a batch, and returns the outcome of each message. No message is begun after the deadline.
pub async fn record_batch(engine: &Engine, messages: &[ReceivedMessage], deadline: Instant) -> Vec<MessageEnd> {
    let record = |place: usize| record(engine, &messages[place], deadline);
    work_in_order(messages, |message| &message.group, record).await
}

/// Deletes the messages that are done, and puts the others back. A poison message can be received again at once, until
/// the queue moves it to its dead letters; a message for which the store did not answer can be received after a delay.
///
/// # Errors
/// The queue does not answer: messages that are done may be received again.
pub async fn settle_batch(queue: &SqsQueue, messages: &[ReceivedMessage], ends: &[MessageEnd]) -> Result<(), AwsError> {
    let ended = |wanted: MessageEnd| messages.iter().zip(ends).filter(move |(_, end)| **end == wanted);
    let done: Vec<_> = ended(MessageEnd::Done).map(|(message, _)| message.receipt.as_str()).collect();
    queue.delete(&done).await?;
    put_back(queue, messages, ends).await
}

/// Puts back the messages that are not done, for a function whose event source deletes the others itself.
///
/// # Errors
/// The queue does not answer: the messages come back when their visibility ends.
pub async fn put_back(queue: &SqsQueue, messages: &[ReceivedMessage], ends: &[MessageEnd]) -> Result<(), AwsError> {
    // In reverse order, so that no message is received before an earlier one of its group.
    for (message, end) in messages.iter().zip(ends).rev() {
        match end {
            MessageEnd::Done => {}
            MessageEnd::Poison => queue.put_back(&message.receipt, Duration::ZERO).await?,
            MessageEnd::Postponed => queue.put_back(&message.receipt, delay(message.receives)).await?,
        }
    }
    Ok(())
}

fn delay(receives: u32) -> Duration {
    let doubled = 1_u32.checked_shl(receives.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_DELAY.saturating_mul(doubled.max(1)).min(LONGEST_DELAY)
}

async fn record(engine: &Engine, message: &ReceivedMessage, deadline: Instant) -> MessageEnd {
    // The earlier messages of its group took all the time.
    if Instant::now() >= deadline {
        return MessageEnd::Postponed;
    }
    loop {
        let fault = match engine.record_queued(&message.body, SystemTime::now()).await {
            Ok(_) => return MessageEnd::Done,
            Err(fault) => fault,
        };
        let (id, receives) = (&*message.id, message.receives);
        if !matches!(fault, QueuedError::Unavailable(_)) {
            tracing::error!(id, receives, fault.words = %fault, "a queued report cannot be recorded");
            return MessageEnd::Poison;
        }
        if Instant::now() + STORE_PAUSE >= deadline {
            tracing::warn!(id, receives, fault.words = %fault, "a queued report is put back");
            return MessageEnd::Postponed;
        }
        sleep(STORE_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_receipts_outlast_an_outage_of_two_minutes() {
        assert!(delay(1) + delay(2) > Duration::from_secs(120), "{:?} {:?}", delay(1), delay(2));
        assert_eq!([delay(0), delay(1), delay(40)], [FIRST_DELAY, FIRST_DELAY, LONGEST_DELAY]);
    }
}
