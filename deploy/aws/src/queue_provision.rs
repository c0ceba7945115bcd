//! Provisions the queues that are named, each with its queue of dead letters.

use std::{fmt, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    queue_address::QueueAddress,
    signed_call::{SignedCall, SignedService},
    sqs::{find_url, read},
};

/// How often a report is received before it becomes a dead letter.
const REPORT_RECEIVES: u32 = 3;
/// How often an event is received before it becomes a dead letter. A message that waits in a batch behind others of its
/// group is received each time that these are retried: nine messages before it with nine attempts each, and then its
/// own nine, make 90. The rest is a margin for receipts while the table does not answer.
const EVENT_RECEIVES: u32 = 200;
/// How long messages and dead letters are kept: fourteen days, the longest that SQS allows.
const RETENTION: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The visibility timeout of a received message: six times the time limit of the function that processes it, as AWS
/// advises.
const VISIBILITY: Duration = Duration::from_secs(6 * 60);

/// One change of a queue that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// Create the queue of this name, which is one of dead letters.
    CreateDead(String),
    /// Create the queue of this name, with the queue of its dead letters.
    Create(String),
    /// Change the attributes of the queue of this name.
    Change(String),
}

impl fmt::Display for QueueStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDead(queue) => write!(f, "{queue}: create the queue of dead letters"),
            Self::Create(queue) => write!(f, "{queue}: create the queue"),
            Self::Change(queue) => write!(f, "{queue}: hand dead letters on, and keep messages for 14 days"),
        }
    }
}

/// The required configuration of a queue.
struct QueueSpec {
    address: QueueAddress,
    receives: u32,
}

fn queue_specs(aws: &AwsClients) -> Result<Vec<QueueSpec>, AwsError> {
    let queues = aws.queues();
    let all = [(&queues.reports, REPORT_RECEIVES), (&queues.events, EVENT_RECEIVES)];
    let named = all.into_iter().filter_map(|(name, receives)| Some((name.as_deref()?, receives)));
    named.map(|(name, receives)| Ok(QueueSpec { address: QueueAddress::parse(name)?, receives })).collect()
}

/// Compares the queues that are named with their required attributes.
///
/// # Errors
/// A name is no FIFO queue's, or a call fails.
pub(crate) async fn plan(aws: &AwsClients) -> Result<Vec<QueueStep>, AwsError> {
    let mut steps = Vec::new();
    for spec in queue_specs(aws)? {
        let (name, dead) = (spec.address.name().to_owned(), spec.address.dead_name());
        let dead_arn = arn(aws, &dead).await?;
        if dead_arn.is_none() {
            steps.push(QueueStep::CreateDead(dead));
        }
        match find_url(aws, &by_name(&name)).await? {
            None => steps.push(QueueStep::Create(name)),
            Some(url) => {
                let found = attributes(aws, &url).await?;
                let is_right = dead_arn.is_some_and(|dead| has(&found, &changeable(&dead, spec.receives)));
                if !is_right {
                    steps.push(QueueStep::Change(name));
                }
            }
        }
    }
    Ok(steps)
}

/// Takes one step.
///
/// # Errors
/// A call fails.
pub(crate) async fn apply(aws: &AwsClients, step: &QueueStep) -> Result<(), AwsError> {
    match step {
        QueueStep::CreateDead(queue) => {
            let mut attributes = fixed();
            attributes.insert("MessageRetentionPeriod".to_owned(), seconds(RETENTION));
            create(aws, queue, attributes).await
        }
        QueueStep::Create(queue) => {
            let mut attributes = fixed();
            attributes.extend(wanted(aws, queue).await?);
            create(aws, queue, attributes).await
        }
        QueueStep::Change(queue) => {
            let url = find_url(aws, &by_name(queue)).await?;
            let call = json!({ "QueueUrl": url, "Attributes": wanted(aws, queue).await? });
            call_sqs("SQS.SetQueueAttributes", &call).send(aws).await.map(drop)
        }
    }
}

/// The attributes that the queue of this name must have and that can be changed.
async fn wanted(aws: &AwsClients, queue: &str) -> Result<Map<String, Value>, AwsError> {
    let missing = |what: &str| AwsError::InvalidRequest(format!("there is no queue {what}"));
    let specs = queue_specs(aws)?;
    let spec = specs.iter().find(|spec| spec.address.name() == queue).ok_or_else(|| missing(queue))?;
    let dead = spec.address.dead_name();
    let dead = arn(aws, &dead).await?.ok_or_else(|| missing(&dead))?;
    Ok(changeable(&dead, spec.receives))
}

/// The attributes that are fixed when a queue is created. Deduplication and throughput limits apply to each group
/// separately, which allows more messages per second.
fn fixed() -> Map<String, Value> {
    let attributes = [
        ("FifoQueue", "true"),
        ("DeduplicationScope", "messageGroup"),
        ("FifoThroughputLimit", "perMessageGroupId"),
        ("SqsManagedSseEnabled", "true"),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()
}

fn changeable(dead_arn: &str, receives: u32) -> Map<String, Value> {
    let redrive = json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": receives}).to_string();
    let attributes = [
        ("RedrivePolicy", redrive.into()),
        ("MessageRetentionPeriod", seconds(RETENTION)),
        ("VisibilityTimeout", seconds(VISIBILITY)),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

fn seconds(duration: Duration) -> Value {
    duration.as_secs().to_string().into()
}

/// Whether a queue has these attributes. The redrive policy is compared as JSON, in which AWS may write the number as a
/// text.
fn has(found: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    let policy = |value: &Value| -> Option<(String, String)> {
        let policy: Value = serde_json::from_str(value.as_str()?).ok()?;
        let count = &policy["maxReceiveCount"];
        let count = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
        Some((policy["deadLetterTargetArn"].as_str()?.to_owned(), count))
    };
    wanted.iter().all(|(name, wanted)| match found.get(name) {
        Some(found) if name == "RedrivePolicy" => policy(found) == policy(wanted),
        found => found == Some(wanted),
    })
}

/// The queue of this name in this account.
pub(crate) fn by_name(name: &str) -> QueueAddress {
    QueueAddress::Name { name: name.to_owned(), account: None }
}

/// The ARN of the queue of this name; `None` if there is none.
pub(crate) async fn arn(aws: &AwsClients, name: &str) -> Result<Option<String>, AwsError> {
    let Some(url) = find_url(aws, &by_name(name)).await? else { return Ok(None) };
    Ok(attributes(aws, &url).await?.get("QueueArn").and_then(Value::as_str).map(str::to_owned))
}

/// All attributes of the queue at a URL.
pub(crate) async fn attributes(aws: &AwsClients, url: &str) -> Result<Map<String, Value>, AwsError> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(rename = "Attributes", default)]
        attributes: Map<String, Value>,
    }
    let operation = "SQS.GetQueueAttributes";
    let found = call_sqs(operation, &json!({"QueueUrl": url, "AttributeNames": ["All"]})).send(aws).await?;
    Ok(read::<Found>(operation, &found)?.attributes)
}

async fn create(aws: &AwsClients, name: &str, attributes: Map<String, Value>) -> Result<(), AwsError> {
    let call = json!({"QueueName": name, "Attributes": attributes, "tags": {"app": "badgesmith"}});
    call_sqs("SQS.CreateQueue", &call).send(aws).await.map(drop)
}

/// A call of SQS.
pub(crate) fn call_sqs(operation: &'static str, call: &Value) -> SignedCall {
    SignedCall { service: SignedService::Sqs, operation, body: call.to_string(), waits: Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_whose_policy_has_the_number_as_a_text_needs_no_change() {
        let mut found = changeable("arn:dead", 3);
        assert!(has(&found, &changeable("arn:dead", 3)));
        let text = r#"{"maxReceiveCount":"3","deadLetterTargetArn":"arn:dead"}"#;
        found.insert("RedrivePolicy".to_owned(), text.into());
        assert!(has(&found, &changeable("arn:dead", 3)));
        assert!(!has(&found, &changeable("arn:dead", 12)) && !has(&found, &changeable("arn:other", 3)));
        found.remove("VisibilityTimeout");
        assert!(!has(&found, &changeable("arn:dead", 3)));
    }
}
