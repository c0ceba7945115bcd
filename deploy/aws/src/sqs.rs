//! A FIFO queue of SQS: sending, receiving, and putting back.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    queue_address::QueueAddress,
    signed_call::{SignedCall, SignedService},
};

/// The most messages of one call.
pub(crate) const MOST_AT_ONCE: usize = 10;
/// The codes of SQS for a queue that is not there.
const ABSENT: [&str; 2] = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoMessage {
    /// The messages of a group are received in the order in which they were sent. At most 128 visible ASCII characters.
    pub group: String,
    /// If a message with the same id was sent less than five minutes ago, SQS accepts this one and drops it. The limit
    /// of its length is that of a group.
    pub deduplication: String,
    /// The text.
    pub body: String,
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// The id that SQS gave it.
    pub id: String,
    /// The receipt handle, with which the message is deleted or put back. Each receipt has a new one.
    pub receipt: String,
    /// The text.
    pub body: String,
    /// The group.
    pub group: String,
    /// How often it was received, including this time.
    pub receives: u32,
}

/// A FIFO queue. Its URL is found at the first use.
#[derive(Debug)]
pub struct SqsQueue {
    aws: Arc<AwsClients>,
    address: QueueAddress,
    url: OnceCell<String>,
}

impl SqsQueue {
    /// The queue of this name, URL or ARN.
    ///
    /// # Errors
    /// [`AwsError::InvalidRequest`], if the text is none of them.
    pub fn new(aws: Arc<AwsClients>, queue: &str) -> Result<Self, AwsError> {
        Ok(Self { aws, address: QueueAddress::parse(queue)?, url: OnceCell::new() })
    }

    /// The queue of its dead letters.
    #[must_use]
    pub fn dead(&self) -> Self {
        Self { aws: Arc::clone(&self.aws), address: self.address.dead(), url: OnceCell::new() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.address.name()
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The queue does not answer or refuses it.
    pub async fn send(&self, message: &FifoMessage) -> Result<(), AwsError> {
        let FifoMessage { group, deduplication, body } = message;
        let call = json!({"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": deduplication});
        self.call("SQS.SendMessage", call, Duration::ZERO).await.map(drop)
    }

    /// Sends messages in their order, and returns the index of the first that was not sent. Later messages of other
    /// groups may have been sent, but none of its group.
    ///
    /// # Errors
    /// The queue does not answer. It is then unknown which messages were sent.
    pub async fn send_all(&self, messages: &[FifoMessage]) -> Result<Option<usize>, AwsError> {
        let mut from = 0;
        while from < messages.len() {
            let batch = batch(&messages[from..]);
            let failed = self.send_batch(batch).await?;
            if let Some(failed) = failed {
                return Ok(Some(from + failed));
            }
            from += batch.len();
        }
        Ok(None)
    }

    async fn send_batch(&self, batch: &[FifoMessage]) -> Result<Option<usize>, AwsError> {
        let entry = |(place, message): (usize, &FifoMessage)| {
            json!({
                "Id": place.to_string(), "MessageBody": message.body,
                "MessageGroupId": message.group, "MessageDeduplicationId": message.deduplication,
            })
        };
        let entries: Vec<_> = batch.iter().enumerate().map(entry).collect();
        let answer = self.call("SQS.SendMessageBatch", json!({ "Entries": entries }), Duration::ZERO).await?;
        let failed = failed_entries(&answer, "SQS.SendMessageBatch")?;
        failed.iter().for_each(|(place, code)| tracing::warn!(place, code, "a queue refused a message"));
        Ok(failed.into_iter().map(|(place, _)| place).min())
    }

    /// Receives at most ten messages, and waits for the first one for at most 20 seconds. No other receiver gets them,
    /// or later messages of their groups, before `visibility` has passed.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn receive(&self, wait: Duration, visibility: Duration) -> Result<Vec<ReceivedMessage>, AwsError> {
        let call = json!({
            "MaxNumberOfMessages": MOST_AT_ONCE, "WaitTimeSeconds": wait.as_secs(),
            "VisibilityTimeout": visibility.as_secs(),
            "MessageSystemAttributeNames": ["MessageGroupId", "ApproximateReceiveCount"],
        });
        let answer: ReceiveAnswer = read("SQS.ReceiveMessage", &self.call("SQS.ReceiveMessage", call, wait).await?)?;
        Ok(answer.messages.into_iter().map(ReceivedMessage::from).collect())
    }

    /// Deletes processed messages, at most ten.
    ///
    /// # Errors
    /// The queue does not answer, or refuses one of them: it may be received again.
    pub async fn delete(&self, receipts: &[&str]) -> Result<(), AwsError> {
        let operation = "SQS.DeleteMessageBatch";
        let entry = |(place, receipt): (usize, &&str)| json!({"Id": place.to_string(), "ReceiptHandle": receipt});
        let entries: Vec<_> = receipts.iter().enumerate().map(entry).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let answer = self.call(operation, json!({ "Entries": entries }), Duration::ZERO).await?;
        match failed_entries(&answer, operation)?.into_iter().next() {
            None => Ok(()),
            Some((_, code)) => Err(AwsError::refused(operation, &code, 200, "of one entry")),
        }
    }

    /// Puts a message back, to be received again after `after`; later messages of its group wait with it.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn put_back(&self, receipt: &str, after: Duration) -> Result<(), AwsError> {
        let call = json!({"ReceiptHandle": receipt, "VisibilityTimeout": after.as_secs()});
        self.call("SQS.ChangeMessageVisibility", call, Duration::ZERO).await.map(drop)
    }

    /// How many messages wait in the queue, and how many a receiver has and has not deleted yet.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn depth(&self) -> Result<(u64, u64), AwsError> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let call = json!({ "AttributeNames": names });
        let answer = self.call("SQS.GetQueueAttributes", call, Duration::ZERO).await?;
        let answer: Value = read("SQS.GetQueueAttributes", &answer)?;
        let number = |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok((number(names[0]), number(names[1])))
    }

    /// Makes a call about this queue.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        mut call: Value,
        waits: Duration,
    ) -> Result<bytes::Bytes, AwsError> {
        call["QueueUrl"] = self.url().await?.into();
        SignedCall { service: SignedService::Sqs, operation, body: call.to_string(), waits }.send(&self.aws).await
    }

    async fn url(&self) -> Result<&str, AwsError> {
        let find = || async {
            let missing = || AwsError::InvalidRequest(format!("there is no queue {}", self.name()));
            find_url(&self.aws, &self.address).await?.ok_or_else(missing)
        };
        self.url.get_or_try_init(find).await.map(String::as_str)
    }
}

/// The URL of a queue; `None` if there is no such queue.
pub(crate) async fn find_url(aws: &AwsClients, address: &QueueAddress) -> Result<Option<String>, AwsError> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(rename = "QueueUrl")]
        url: String,
    }
    let (name, account) = match address {
        QueueAddress::Url(url) => return Ok(Some(url.clone())),
        QueueAddress::Name { name, account } => (name, account),
    };
    let mut call = json!({ "QueueName": name });
    if let Some(account) = account {
        call["QueueOwnerAWSAccountId"] = account.as_str().into();
    }
    let operation = "SQS.GetQueueUrl";
    let call = SignedCall { service: SignedService::Sqs, operation, body: call.to_string(), waits: Duration::ZERO };
    let found = call.find(aws, &ABSENT).await?;
    found.map(|body| read::<Found>(operation, &body).map(|found| found.url)).transpose()
}

/// The first messages, at most ten, of which no two belong to the same group: within one call a message may fail while
/// the next one is sent, which would change the order within a group.
fn batch(messages: &[FifoMessage]) -> &[FifoMessage] {
    let mut groups = BTreeSet::new();
    let fitting = messages.iter().take(MOST_AT_ONCE).take_while(|message| groups.insert(&message.group)).count();
    &messages[..fitting]
}

/// The answer as JSON.
pub(crate) fn read<'a, T: Deserialize<'a>>(operation: &'static str, body: &'a [u8]) -> Result<T, AwsError> {
    serde_json::from_slice(body).map_err(|error| {
        // The parser's message is left out: it may repeat a part of the answer, and answers contain secrets.
        let cause = format!("an answer that cannot be read, at line {}, column {}", error.line(), error.column());
        AwsError::Call { operation, cause, is_transient: false }
    })
}

/// The indexes of the entries of a batch that failed, with their error codes.
fn failed_entries(body: &[u8], operation: &'static str) -> Result<Vec<(usize, String)>, AwsError> {
    #[derive(Deserialize)]
    struct BatchAnswer {
        #[serde(rename = "Failed", default)]
        failed: Vec<FailedEntry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct FailedEntry {
        id: String,
        #[serde(default)]
        code: String,
    }
    let answer: BatchAnswer = read(operation, body)?;
    Ok(answer.failed.into_iter().map(|entry| (entry.id.parse().unwrap_or(0), entry.code)).collect())
}

#[derive(Deserialize)]
pub(crate) struct ReceiveAnswer {
    #[serde(rename = "Messages", default)]
    pub(crate) messages: Vec<WireMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WireMessage {
    pub(crate) message_id: String,
    pub(crate) receipt_handle: String,
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) attributes: WireAttributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct WireAttributes {
    pub(crate) message_group_id: String,
    pub(crate) approximate_receive_count: String,
    /// The time in milliseconds; empty unless the attribute is requested.
    pub(crate) sent_timestamp: String,
}

impl From<WireMessage> for ReceivedMessage {
    fn from(message: WireMessage) -> Self {
        let WireMessage { message_id, receipt_handle, body, attributes } = message;
        let receives = attributes.approximate_receive_count.parse().unwrap_or(1);
        Self { id: message_id, receipt: receipt_handle, body, group: attributes.message_group_id, receives }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_message_of_each_group_and_at_most_ten() {
        let message =
            |group: &str| FifoMessage { group: group.to_owned(), deduplication: String::new(), body: String::new() };
        let groups = |text: &str| text.split(' ').map(message).collect::<Vec<_>>();
        for (text, size) in [("a b a c", 2), ("a", 1), ("a a", 1), ("a b c d e f g h i j k", 10)] {
            assert_eq!(batch(&groups(text)).len(), size, "{text}");
        }
    }
}
