//! One attempt to send an event, and the change to the queue that follows from the answer.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Timestamp;
use http::header::RETRY_AFTER;

use super::{
    happening::timestamp,
    outgoing::{Courier, outgoing},
    queued::QueuedEvent,
    resolve::ResolveError,
    rows::{DEAD_LIFE, ENDED, ENDED_LIFE, QUEUE_LIFE, dead_partition, queue_partition, row},
    subscription::Subscription,
    wait::wait_after,
};
use crate::{
    meter::Event,
    parts::Parts,
    store::{Row, RowChange, RowIs, Unavailable},
    world::{Fault, Reply},
};

/// Why there is no answer from the receiver.
enum Failure {
    /// The address or the signing secret cannot be found.
    Unresolved(ResolveError),
    /// There is no complete answer.
    Fault(Fault),
}

/// The outcome of an attempt to send an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The receiver accepted the event, or the event is no longer in the queue.
    Delivered,
    /// The event is sent again at this time.
    Again(Timestamp),
    /// The event became a dead letter.
    Dead,
    /// The receiver ended the subscription. The event stays in the queue.
    Ended,
}

impl AttemptEnd {
    /// Its name in metrics and in the log.
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again(_) => "failed",
            Self::Dead => "dead",
            Self::Ended => "ended",
        }
    }
}

/// Sends the event of a row to the receiver of a subscription, and writes the outcome to the store.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read or written: then the event may be sent again although the receiver has
/// it.
pub(crate) async fn attempt(
    parts: &Parts,
    subscription: &Subscription,
    courier: &dyn Courier,
    key: &str,
    now: SystemTime,
) -> Result<AttemptEnd, Unavailable> {
    let store = &*parts.world.store;
    let partition = queue_partition(&subscription.name);
    let Some(row) = row(store, &partition, key, now).await? else { return Ok(AttemptEnd::Delivered) };
    let is_gone = RowChange::Delete(partition, key.to_owned(), RowIs::Any);
    let Some(mut queued) = QueuedEvent::read(&row.value) else {
        tracing::error!(subscription = subscription.name, key, "an event that waits is damaged and is left out");
        store.change_rows(&[is_gone], now).await?;
        return Ok(AttemptEnd::Delivered);
    };
    // A message queue may deliver the event before it is due.
    if queued.due > timestamp(now) {
        return Ok(AttemptEnd::Again(queued.due));
    }
    let began = parts.world.executor.clock();
    let answer = match subscription.resolve(&*parts.world.secrets).await {
        Ok(target) => {
            let answer = courier.send(outgoing(&queued.event, subscription.form, &target, now)).await;
            answer.map_err(Failure::Fault)
        }
        Err(error) => Err(Failure::Unresolved(error)),
    };
    let took = parts.world.executor.clock().saturating_sub(began);
    let end = match &answer {
        Ok(reply) if (200..300).contains(&reply.status) => {
            store.change_rows(&[is_gone], now).await?;
            AttemptEnd::Delivered
        }
        Ok(reply) if reply.status == 410 => {
            let (partition, key) = (ENDED.to_owned(), subscription.name.clone());
            let ended = Row { partition, key, value: timestamp(now).to_string(), expires: now + ENDED_LIFE };
            store.change_rows(&[RowChange::Put(ended, RowIs::Any)], now).await?;
            AttemptEnd::Ended
        }
        _ => {
            queued.attempts += 1;
            queued.reason = reason(&answer);
            match wait_after(queued.attempts, asked(&answer), parts.world.executor.spread()) {
                Some(wait) => {
                    queued.due = timestamp(now + wait);
                    let again = Row { value: queued.write(), expires: now + QUEUE_LIFE, ..row };
                    store.change_rows(&[RowChange::Put(again, RowIs::Present)], now).await?;
                    AttemptEnd::Again(queued.due)
                }
                None => {
                    let partition = dead_partition(&subscription.name);
                    let dead = Row { partition, value: queued.write(), expires: now + DEAD_LIFE, ..row };
                    store.change_rows(&[is_gone, RowChange::Put(dead, RowIs::Any)], now).await?;
                    AttemptEnd::Dead
                }
            }
        }
    };
    log(subscription, &queued, end);
    parts.world.meter.note(&Event::Sent { subscription: &subscription.name, outcome: end.name(), took });
    Ok(end)
}

fn log(subscription: &Subscription, queued: &QueuedEvent, end: AttemptEnd) {
    let (name, event, outcome) = (&*subscription.name, &*queued.event.id, end.name());
    let (attempts, reason) = (queued.attempts, &*queued.reason);
    match end {
        AttemptEnd::Delivered => tracing::debug!(subscription = name, event, outcome, "event"),
        AttemptEnd::Again(_) => tracing::info!(subscription = name, event, outcome, attempts, reason, "event"),
        AttemptEnd::Dead => tracing::error!(subscription = name, event, outcome, attempts, reason, "event"),
        AttemptEnd::Ended => tracing::warn!(
            subscription = name,
            event,
            outcome,
            "the receiver ended the subscription; badgesmith subscription resume begins it again"
        ),
    }
}

/// Why an attempt failed, without the address.
fn reason(answer: &Result<Reply, Failure>) -> String {
    let fault = match answer {
        Ok(reply) => return format!("status {}", reply.status),
        Err(Failure::Unresolved(error)) => return error.to_string(),
        Err(Failure::Fault(fault)) => fault,
    };
    match fault {
        Fault::Unreachable(_) => "no connection".to_owned(),
        Fault::Timeout => "no answer in time".to_owned(),
        Fault::TooLarge => "the answer is too large".to_owned(),
        Fault::Nonsense(_) => "the answer is no valid HTTP".to_owned(),
        Fault::Status(status) => format!("status {status}"),
        Fault::NotAllowed(words) => (*words).to_owned(),
        Fault::RateLimited(_) => "status 429".to_owned(),
        Fault::Busy => "too many requests at once".to_owned(),
    }
}

/// The seconds of the receiver's `Retry-After`.
fn asked(answer: &Result<Reply, Failure>) -> Option<Duration> {
    let seconds = match answer {
        Ok(reply) => reply.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?,
        Err(Failure::Fault(Fault::RateLimited(seconds))) => u64::from((*seconds)?),
        Err(_) => return None,
    };
    Some(Duration::from_secs(seconds))
}
