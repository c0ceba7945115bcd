//! The records of an event that SQS or a stream of DynamoDB sends.

use badgesmith_aws::ReceivedMessage;
use serde::{Deserialize, Serialize};

/// DynamoDB's name for the writing of a new item.
const INSERT: &str = "INSERT";

/// One record, with the members that are read, from either source.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct EventRecord {
    event_source: String,
    /// The queue or the stream.
    #[serde(rename = "eventSourceARN")]
    source_arn: String,
    message_id: String,
    receipt_handle: String,
    body: String,
    attributes: Attributes,
    event_name: String,
    dynamodb: Change,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Attributes {
    message_group_id: String,
    approximate_receive_count: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    new_image: Image,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Image {
    #[serde(rename = "PK")]
    partition: Text,
    #[serde(rename = "SK")]
    key: Text,
    #[serde(rename = "Value")]
    value: Text,
}

/// A string attribute of an item.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// The records of one event, all of one source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// Messages of a queue.
    Queue {
        /// The ARN of the queue.
        arn: String,
        /// The messages, in their order.
        messages: Vec<ReceivedMessage>,
    },
    /// Items that were written to a table, in their order.
    Stream(Vec<NewRow>),
    /// Records of any other source, by its name.
    Unknown(String),
}

/// An item that was written to the table of events. Changes and deletions, also those by expiry, are left out: their
/// row is empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewRow {
    /// The position of the change in the stream.
    pub(crate) sequence_number: String,
    /// The row; `None` for another change than an insert.
    pub(crate) row: Option<InsertedRow>,
}

/// The row of an insert.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InsertedRow {
    pub(crate) partition: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Batch {
    /// The records of an event, which all have one source.
    pub(crate) fn read(records: Vec<EventRecord>) -> Self {
        let Some(EventRecord { event_source, source_arn, .. }) = records.first() else {
            return Self::Unknown(String::new());
        };
        match event_source.as_str() {
            "aws:sqs" => Self::Queue { arn: source_arn.clone(), messages: records.into_iter().map(message).collect() },
            "aws:dynamodb" => Self::Stream(records.into_iter().map(new_row).collect()),
            other => Self::Unknown(other.to_owned()),
        }
    }
}

fn message(record: EventRecord) -> ReceivedMessage {
    let EventRecord { message_id, receipt_handle, body, attributes, .. } = record;
    let receives = attributes.approximate_receive_count.parse().unwrap_or(1);
    ReceivedMessage { id: message_id, receipt: receipt_handle, body, group: attributes.message_group_id, receives }
}

fn new_row(record: EventRecord) -> NewRow {
    let EventRecord { event_name, dynamodb: Change { sequence_number, new_image }, .. } = record;
    let Image { partition, key, value } = new_image;
    let row = InsertedRow { partition: partition.text, key: key.text, value: value.text };
    NewRow { sequence_number, row: (event_name == INSERT).then_some(row) }
}

/// The answer to a batch: which of its records have to be delivered again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

impl BatchAnswer {
    /// Whether no record has to be delivered again.
    pub(crate) const fn is_done(&self) -> bool {
        self.batch_item_failures.is_empty()
    }

    /// These records have to be delivered again: a message by its id; a change by its sequence number, and all later
    /// changes of the stream with it.
    pub(crate) fn failed(ids: impl IntoIterator<Item = String>) -> Self {
        let failures = ids.into_iter().map(|item_identifier| BatchItemFailure { item_identifier });
        Self { batch_item_failures: failures.collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(records: serde_json::Value) -> Batch {
        Batch::read(serde_json::from_value(records).unwrap())
    }

    #[test]
    fn messages_of_a_queue_are_read_in_their_order() {
        let record = |id: &str, count: &str| {
            json!({
                "messageId": id, "receiptHandle": format!("r-{id}"), "body": "{}",
                "attributes": {"ApproximateReceiveCount": count, "SentTimestamp": "1", "SequenceNumber": "7",
                               "MessageGroupId": "g", "SenderId": "x", "MessageDeduplicationId": "d"},
                "messageAttributes": {}, "md5OfBody": "0", "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:reports.fifo", "awsRegion": "eu-west-1"
            })
        };
        let message = |id: &str, receives| ReceivedMessage {
            id: id.to_owned(),
            receipt: format!("r-{id}"),
            body: "{}".to_owned(),
            group: "g".to_owned(),
            receives,
        };
        let arn = "arn:aws:sqs:eu-west-1:123456789012:reports.fifo".to_owned();
        let messages = vec![message("a", 1), message("b", 3)];
        assert_eq!(read(json!([record("a", "1"), record("b", "3")])), Batch::Queue { arn, messages });
    }

    #[test]
    fn of_a_stream_only_inserts_are_rows() {
        let record = |name: &str, number: &str| {
            json!({
                "eventID": "e", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/badge-events/stream/x",
                "dynamodb": {
                    "Keys": {"PK": {"S": "QUEUE#main"}, "SK": {"S": "t#e1"}}, "SequenceNumber": number,
                    "NewImage": {"PK": {"S": "QUEUE#main"}, "SK": {"S": "t#e1"}, "Value": {"S": "{}"},
                                 "TTL": {"N": "1"}, "Version": {"N": "1"}},
                    "SizeBytes": 1, "StreamViewType": "NEW_IMAGE"
                }
            })
        };
        let row = InsertedRow { partition: "QUEUE#main".into(), key: "t#e1".into(), value: "{}".into() };
        let rows = vec![
            NewRow { sequence_number: "1".to_owned(), row: Some(row) },
            NewRow { sequence_number: "2".to_owned(), row: None },
        ];
        assert_eq!(read(json!([record("INSERT", "1"), record("MODIFY", "2")])), Batch::Stream(rows));
        let expiry =
            json!([{"eventName": "REMOVE", "eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "3"}}]);
        let gone = NewRow { sequence_number: "3".to_owned(), row: None };
        assert_eq!(read(expiry), Batch::Stream(vec![gone]));
    }

    #[test]
    fn an_answer_names_what_is_sent_again() {
        let answer = BatchAnswer::failed(["a".to_owned()]);
        assert_eq!(serde_json::to_value(answer).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "a"}]}));
        let none = serde_json::to_value(BatchAnswer::default()).unwrap();
        assert_eq!(none, json!({"batchItemFailures": []}));
        assert_eq!(read(json!([{"eventSource": "aws:s3"}])), Batch::Unknown("aws:s3".to_owned()));
    }
}
