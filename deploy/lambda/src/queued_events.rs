//! Sends the rows of queues, which a stream of DynamoDB tells of, to the queue of events.

use badgesmith_aws::{AwsError, FifoMessage, SqsQueue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::records::{BatchAnswer, InsertedRow, NewRow};

/// What the partition of a subscription's queue begins with.
const QUEUE: &str = "QUEUE#";

/// A message of the queue of events: a row of a subscription's queue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct EventMessage {
    /// The name of the subscription.
    pub(crate) subscription: String,
    /// The key of the row.
    pub(crate) key: String,
    /// Its value.
    pub(crate) value: String,
}

/// Sends the rows in their order, and answers from where on the stream is to send again. What is sent twice within five
/// minutes is in the queue once.
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
    let Some(Queued { event }) = serde_json::from_str(value).ok() else {
        tracing::error!(partition, key, "a row of a queue is damaged and not sent");
        return None;
    };
    let Subject { collection, owner, repo, part, branch } = &event.subject;
    let message = EventMessage { subscription: subscription.to_owned(), key: key.clone(), value: value.clone() };
    Some(FifoMessage {
        group: digest(&[subscription, collection, owner, repo, part, branch]),
        deduplication: digest(&[subscription, &event.id, key]),
        // Texts can be written as JSON.
        body: serde_json::to_string(&message).unwrap_or_default(),
    })
}

/// What is read of a row's value.
#[derive(Deserialize)]
struct Queued {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    subject: Subject,
}

#[derive(Deserialize)]
struct Subject {
    collection: String,
    owner: String,
    repo: String,
    part: String,
    branch: String,
}

/// The SHA-256 of texts, each behind its length, so that no two lists of texts are one.
fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(format!("{}:{part}", part.len()));
    }
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(partition: &str, branch: &str, id: &str) -> InsertedRow {
        let subject = json!({"collection": "c", "owner": "acme", "repo": "tools", "part": "linux", "branch": branch});
        let value = json!({"event": {"id": id, "subject": subject, "sequence": 1}, "attempts": 0}).to_string();
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
