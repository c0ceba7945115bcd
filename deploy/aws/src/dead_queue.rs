//! The queue of dead letters of a FIFO queue, for an operator: reading it, sending back, and deleting.
//!
//! SQS has no call that only peeks: reading a message receives it, which hides the message and those behind it in its
//! group. So all messages are received with a short visibility timeout, and put back at the end.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::json;
use tokio::time::Instant;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    sqs::{FifoMessage, MOST_AT_ONCE, ReceiveAnswer, SqsQueue, WireMessage, read},
};

/// How long a message that was read is hidden if the command that read it ends before it puts it back.
const HIDDEN: Duration = Duration::from_secs(60);
/// How long reading goes on: shorter than messages are hidden, so that none is read twice.
const READING: Duration = Duration::from_secs(40);
/// How long one call waits for a message. A call that does not wait may miss some.
const WAIT: Duration = Duration::from_secs(1);
/// The most messages that one command reads.
const MOST_READ: usize = 1000;

/// A message that its consumer gave up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadMessage {
    /// The id that SQS gave it.
    pub id: String,
    /// The group.
    pub group: String,
    /// The text.
    pub body: String,
    /// Since when it is in the queue of dead letters, according to SQS.
    pub since: SystemTime,
    /// How often it was received, including this time.
    pub receives: u32,
    receipt: String,
}

/// The contents of a queue of dead letters, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadMessages {
    /// The messages; those of a group in their order.
    pub messages: Vec<DeadMessage>,
    /// About how many more there are: messages that other receivers hold, messages behind the first ten of their group,
    /// which SQS shows only after those are gone, and messages beyond the limit of one read.
    pub more: u64,
}

/// A queue and the queue of its dead letters.
#[derive(Debug)]
pub struct DeadQueue {
    queue: SqsQueue,
    dead: SqsQueue,
}

impl DeadQueue {
    /// The queue with this name, URL or ARN, and the queue of its dead letters, whose name has `-dead` before `.fifo`.
    ///
    /// # Errors
    /// [`AwsError::InvalidRequest`], if the text is none of them.
    pub fn of(aws: &Arc<AwsClients>, queue: &str) -> Result<Self, AwsError> {
        let queue = SqsQueue::new(Arc::clone(aws), queue)?;
        let dead = queue.dead();
        Ok(Self { queue, dead })
    }

    /// The name of the queue of dead letters.
    #[must_use]
    pub fn name(&self) -> &str {
        self.dead.name()
    }

    /// Reads the messages. They are hidden for a minute, or until they are put back.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn read(&self) -> Result<DeadMessages, AwsError> {
        let (visible, hidden) = self.dead.depth().await?;
        let end = Instant::now() + READING;
        let (mut messages, mut known) = (Vec::new(), BTreeSet::new());
        while messages.len() < MOST_READ && Instant::now() < end {
            let received = self.receive().await?;
            let is_last = received.is_empty();
            messages.extend(received.into_iter().filter(|message| known.insert(message.id.clone())));
            if is_last {
                break;
            }
        }
        let read = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        Ok(DeadMessages { messages, more: (visible + hidden).saturating_sub(read) })
    }

    async fn receive(&self) -> Result<Vec<DeadMessage>, AwsError> {
        let operation = "SQS.ReceiveMessage";
        let call = json!({
            "MaxNumberOfMessages": MOST_AT_ONCE, "WaitTimeSeconds": WAIT.as_secs(),
            "VisibilityTimeout": HIDDEN.as_secs(),
            "MessageSystemAttributeNames": ["MessageGroupId", "ApproximateReceiveCount", "SentTimestamp"],
        });
        let answer: ReceiveAnswer = read(operation, &self.dead.call(operation, call, WAIT).await?)?;
        Ok(answer.messages.into_iter().map(DeadMessage::from).collect())
    }

    /// Sends a message back to its queue, behind the waiting messages of its group, and then deletes it here. If
    /// deleting fails and the message is sent back again within five minutes, SQS drops the duplicate.
    ///
    /// # Errors
    /// A queue does not answer: the message is still here.
    pub async fn replay(&self, message: &DeadMessage) -> Result<(), AwsError> {
        let again = FifoMessage {
            group: message.group.clone(),
            // Not its original deduplication id: SQS would drop the message if it was sent less than five minutes ago.
            deduplication: format!("replay-{}", message.id),
            body: message.body.clone(),
        };
        self.queue.send(&again).await?;
        self.purge(message).await
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// The queue does not answer: the message may still be here.
    pub async fn purge(&self, message: &DeadMessage) -> Result<(), AwsError> {
        self.dead.delete(&[&message.receipt]).await
    }

    /// Puts messages back, so that others can receive them at once.
    ///
    /// # Errors
    /// The queue does not answer: those that are still hidden come back within a minute.
    pub async fn put_back(&self, messages: &[DeadMessage]) -> Result<(), AwsError> {
        // In reverse order, so that no message is received before an earlier one of its group.
        let backwards: Vec<_> = messages.iter().rev().collect();
        for batch in backwards.chunks(MOST_AT_ONCE) {
            let entry = |(place, message): (usize, &&DeadMessage)| {
                let receipt = &message.receipt;
                json!({"Id": place.to_string(), "ReceiptHandle": receipt, "VisibilityTimeout": 0})
            };
            let entries: Vec<_> = batch.iter().enumerate().map(entry).collect();
            // A message that is deleted or visible by now needs no change.
            let call = json!({ "Entries": entries });
            self.dead.call("SQS.ChangeMessageVisibilityBatch", call, Duration::ZERO).await?;
        }
        Ok(())
    }
}

impl From<WireMessage> for DeadMessage {
    fn from(message: WireMessage) -> Self {
        let WireMessage { message_id, receipt_handle, body, attributes } = message;
        let since = Duration::from_millis(attributes.sent_timestamp.parse().unwrap_or_default());
        Self {
            id: message_id,
            group: attributes.message_group_id,
            body,
            since: SystemTime::UNIX_EPOCH + since,
            receives: attributes.approximate_receive_count.parse().unwrap_or(1),
            receipt: receipt_handle,
        }
    }
}
