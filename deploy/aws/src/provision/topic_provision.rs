//! Provisions topics, their subscriptions, and the policies by which queues accept messages of their topics.

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value, json};

use super::{
    provision_error::ProvisionError,
    topic_subscription::{TopicReceiver, TopicSubscription},
};
use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    queue_provision::{attributes, call_sqs},
    sns_admin::{self, FoundSubscription},
    sqs::find_url,
};

/// The service that sends to subscribed queues.
const SENDER: &str = "sns.amazonaws.com";

/// One change of a topic or of its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicStep {
    /// Create the topic of this name.
    Create(String),
    /// Allow the topic to send to the queue, in the queue's policy.
    Allow(TopicSubscription),
    /// Subscribe.
    Subscribe(TopicSubscription),
    /// Switch on raw message delivery, so that messages arrive as they were published.
    Unwrap(TopicSubscription),
}

impl fmt::Display for TopicStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(topic) => write!(f, "{topic}: create the topic"),
            Self::Allow(TopicSubscription { topic, receiver }) => {
                write!(f, "{topic}: may send to {receiver}, by the queue's policy")
            }
            Self::Subscribe(TopicSubscription { topic, receiver }) => write!(f, "{topic}: subscribe {receiver}"),
            Self::Unwrap(TopicSubscription { topic, receiver }) => {
                write!(f, "{topic}: deliver messages as they were published to {receiver}")
            }
        }
    }
}

/// Compares topics and their subscriptions with their required configuration. Topics that are given by their ARNs are
/// not looked for, since they may belong to another account.
pub(super) async fn plan(
    aws: &AwsClients,
    topics: &[String],
    subscriptions: &[TopicSubscription],
) -> Result<(Vec<TopicStep>, Vec<String>), ProvisionError> {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    let all: BTreeSet<&str> =
        topics.iter().chain(subscriptions.iter().map(|one| &one.topic)).map(String::as_str).collect();
    let found = if all.iter().any(|topic| is_name(topic)) { sns_admin::topics(aws).await? } else { Vec::new() };
    let missing = all.iter().filter(|topic| is_name(topic) && arn_among(&found, topic).is_none());
    steps.extend(missing.map(|topic| TopicStep::Create((*topic).to_owned())));
    for subscription in subscriptions {
        let endpoint = endpoint(aws, &subscription.receiver).await?;
        let Some(topic) = arn_among(&found, &subscription.topic) else {
            if matches!(endpoint, Endpoint::Queue { .. }) {
                steps.push(TopicStep::Allow(subscription.clone()));
            }
            steps.push(TopicStep::Subscribe(subscription.clone()));
            continue;
        };
        if let Endpoint::Queue { arn, policy, .. } = &endpoint
            && !allows(policy, &statement(topic, arn))
        {
            steps.push(TopicStep::Allow(subscription.clone()));
        }
        match found_subscription(aws, topic, subscription, &endpoint).await? {
            None => steps.push(TopicStep::Subscribe(subscription.clone())),
            Some(there) if !there.is_confirmed() => {
                notes.push(format!("{}: {} has not confirmed yet", subscription.topic, subscription.receiver));
            }
            Some(there) => {
                if matches!(endpoint, Endpoint::Queue { .. }) && !sns_admin::is_raw(aws, &there.arn).await? {
                    steps.push(TopicStep::Unwrap(subscription.clone()));
                }
            }
        }
    }
    Ok((steps, notes))
}

/// Takes one step.
pub(super) async fn apply(aws: &AwsClients, step: &TopicStep) -> Result<(), ProvisionError> {
    match step {
        TopicStep::Create(topic) => drop(sns_admin::create_topic(aws, topic).await?),
        TopicStep::Allow(subscription) => {
            let topic = created(aws, &subscription.topic).await?;
            if let Endpoint::Queue { url, arn, policy } = endpoint(aws, &subscription.receiver).await? {
                let statement = statement(&topic, &arn);
                if allows(&policy, &statement) {
                    return Ok(());
                }
                let policy = with_statement(policy, statement).to_string();
                let call = json!({"QueueUrl": url, "Attributes": {"Policy": policy}});
                call_sqs("SQS.SetQueueAttributes", &call).send(aws).await?;
            }
        }
        TopicStep::Subscribe(subscription) => {
            let topic = created(aws, &subscription.topic).await?;
            let endpoint = endpoint(aws, &subscription.receiver).await?;
            sns_admin::subscribe(aws, &topic, subscription.receiver.protocol(), endpoint.address(), None).await?;
        }
        TopicStep::Unwrap(subscription) => {
            let topic = created(aws, &subscription.topic).await?;
            let endpoint = endpoint(aws, &subscription.receiver).await?;
            if let Some(there) = found_subscription(aws, &topic, subscription, &endpoint).await? {
                sns_admin::make_raw(aws, &there.arn).await?;
            }
        }
    }
    Ok(())
}

/// A receiver as SNS names it.
enum Endpoint {
    Queue { url: String, arn: String, policy: Value },
    Other(String),
}

impl Endpoint {
    fn address(&self) -> &str {
        match self {
            Self::Queue { arn, .. } => arn,
            Self::Other(address) => address,
        }
    }
}

async fn endpoint(aws: &AwsClients, receiver: &TopicReceiver) -> Result<Endpoint, ProvisionError> {
    let address = match receiver {
        TopicReceiver::Url(url) => return Ok(Endpoint::Other(url.to_string())),
        TopicReceiver::Email(address) => return Ok(Endpoint::Other(address.clone())),
        TopicReceiver::Queue(address) => address,
    };
    let missing = || ProvisionError::NoQueue { queue: address.name().to_owned() };
    let url = find_url(aws, address).await?.ok_or_else(missing)?;
    let found = attributes(aws, &url).await?;
    let text = |name: &str| found.get(name).and_then(Value::as_str);
    let arn = text("QueueArn").ok_or_else(missing)?.to_owned();
    let policy = text("Policy").and_then(|policy| serde_json::from_str(policy).ok());
    Ok(Endpoint::Queue { url, arn, policy: policy.unwrap_or_else(|| json!({"Version": "2012-10-17"})) })
}

async fn found_subscription(
    aws: &AwsClients,
    topic: &str,
    subscription: &TopicSubscription,
    endpoint: &Endpoint,
) -> Result<Option<FoundSubscription>, AwsError> {
    let protocol = subscription.receiver.protocol();
    let found = sns_admin::subscriptions(aws, topic).await?;
    Ok(found.into_iter().find(|there| there.protocol == protocol && there.endpoint == endpoint.address()))
}

/// The ARN of a topic that an earlier step has created. Creating it again returns its ARN, while a list of topics may
/// not contain it yet.
async fn created(aws: &AwsClients, topic: &str) -> Result<String, AwsError> {
    if is_name(topic) { sns_admin::create_topic(aws, topic).await } else { Ok(topic.to_owned()) }
}

fn is_name(topic: &str) -> bool {
    !topic.contains(':')
}

/// The ARN of the topic of this name, if it is among `found`; an ARN is returned as it is.
fn arn_among<'a>(found: &'a [String], topic: &'a str) -> Option<&'a str> {
    if is_name(topic) {
        found.iter().map(String::as_str).find(|arn| arn.rsplit(':').next() == Some(topic))
    } else {
        Some(topic)
    }
}

/// The policy statement that allows a topic to send to a queue.
fn statement(topic: &str, queue: &str) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"Service": SENDER},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    })
}

/// Whether a policy contains a statement. SQS may write a single text as a list, the action in another case, and may
/// add a name to the statement.
fn allows(policy: &Value, wanted: &Value) -> bool {
    statements(policy).iter().any(|found| {
        let is_same = |key: &str| single(&found[key]) == &wanted[key];
        let action = single(&found["Action"]).as_str().unwrap_or_default();
        ["Effect", "Principal", "Resource", "Condition"].into_iter().all(is_same)
            && wanted["Action"].as_str().is_some_and(|wanted| wanted.eq_ignore_ascii_case(action))
    })
}

/// A policy with one more statement. Existing statements stay.
fn with_statement(policy: Value, statement: Value) -> Value {
    let mut all = statements(&policy).to_vec();
    all.push(statement);
    let mut policy = match policy {
        Value::Object(policy) => policy,
        _ => Map::new(),
    };
    policy.insert("Statement".to_owned(), all.into());
    policy.into()
}

/// The statements of a policy, of which a single one may stand without a list.
fn statements(policy: &Value) -> &[Value] {
    match &policy["Statement"] {
        Value::Array(statements) => statements,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn single(value: &Value) -> &Value {
    match value {
        Value::Array(values) if values.len() == 1 => &values[0],
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_gets_a_statement_once_and_keeps_the_others() {
        let (wanted, other) = (statement("arn:topic", "arn:queue"), json!({"Sid": "theirs", "Effect": "Deny"}));
        let mut listed = wanted.clone();
        listed["Action"] = json!(["SQS:SendMessage"]);
        listed["Sid"] = json!("s1");
        assert!(allows(&json!({ "Statement": [other, listed] }), &wanted));
        assert!(allows(&json!({ "Statement": listed }), &wanted));
        assert!(!allows(&json!({ "Statement": [statement("arn:other", "arn:queue")] }), &wanted));
        assert!(!allows(&json!({ "Statement": [statement("arn:topic", "arn:other")] }), &wanted));
        let added = with_statement(json!({"Version": "2012-10-17", "Statement": other}), wanted.clone());
        assert_eq!(added, json!({"Version": "2012-10-17", "Statement": [other, wanted]}));
        assert_eq!(with_statement(Value::Null, wanted.clone()), json!({ "Statement": [wanted] }));
    }
}
