//! Sends the rows of subscriptions' queues, which a stream of DynamoDB delivers, to the queue of events.

use badgesmith_aws::{AwsError, EventMessage, FifoMessage, SqsQueue};
use badgesmith_engine::{digest, events::QueuedEvent};

use crate::records::{BatchAnswer, InsertedRow, NewRow};

/// The prefix of the partition of a subscription's queue.
const QUEUE: &str = "QUEUE#";

/// Sends the rows in their order, and answers from which record on the stream has to deliver again. A message that is
/// sent twice within five minutes is in the queue only once.
///
/// # Errors
/// The queue does not answer: all of them are sent again.
pub(crate) async fn send_rows(queue: &SqsQueue, rows: &[NewRow]) -> Result<BatchAnswer, AwsError> {
    let wanted = |row: &NewRow| Some((row.sequence_number.clone(), message(row.row.as_ref()?)?));
    let (numbers, messages): (Vec<_>, Vec<_>) = rows.iter().filter_map(wanted).unzip();
    let failed = queue.send_all(&messages).await?;
    Ok(BatchAnswer::failed(failed.map(|place| numbers[place].clone())))
}

/// The message of a row; `None` for a row of another kind.
fn message(row: &InsertedRow) -> Option<FifoMessage> {
    let InsertedRow { partition, key, value } = row;
    let subscription = partition.strip_prefix(QUEUE)?;
    let Some(QueuedEvent { event, .. }) = QueuedEvent::read(value) else {
        tracing::error!(partition, key, "a row of a queue is damaged and not sent");
        return None;
    };
    let [collection, owner, repo, part, branch] = event.subject.names();
    let message = EventMessage { subscription: subscription.to_owned(), key: key.clone() };
    Some(FifoMessage {
        group: hex::encode(digest(&[subscription, collection, owner, repo, part, branch])),
        deduplication: hex::encode(digest(&[subscription, &event.id, key])),
        // Writing texts as JSON does not fail.
        body: serde_json::to_string(&message).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(partition: &str, branch: &str, id: &str) -> InsertedRow {
        let subject = json!({"collection": "c", "owner": "acme", "repo": "tools", "part": "linux", "branch": branch});
        let event = json!({"id": id, "type": "badge.changed", "timestamp": "2026-11-29T12:00:00.000Z", "sequence": 1,
            "subject": subject, "before": null, "after": null, "data": {}});
        let value = json!({ "event": event }).to_string();
        InsertedRow { partition: partition.to_owned(), key: format!("t#{id}"), value }
    }

    #[test]
    fn a_group_is_a_subject_of_a_subscription_and_an_event_is_sent_once_to_each() {
        let [one, next, branch, other] = [
            ("QUEUE#a", "main", "e1"),
            ("QUEUE#a", "main", "e2"),
            ("QUEUE#a", "next", "e3"),
            ("QUEUE#b", "main", "e1"),
        ]
        .map(|(partition, branch, id)| message(&row(partition, branch, id)).unwrap());
        assert_eq!(one.group, next.group);
        assert!(one.group != branch.group && one.group != other.group);
        assert!(one.deduplication != next.deduplication && one.deduplication != other.deduplication);
        let read: EventMessage = serde_json::from_str(&one.body).unwrap();
        assert_eq!((&*read.subscription, &*read.key), ("a", "t#e1"));
        assert!(message(&row("OUTBOX#03", "main", "e1")).is_none());
        assert!(message(&InsertedRow { value: "{".to_owned(), ..row("QUEUE#a", "main", "e1") }).is_none());
    }
}
