//! Topics of SNS.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use form_urlencoded::Serializer;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_answer::xml_element,
    signed_call::{SignedCall, SignedService},
};

/// The version of SNS' protocol, which every call names.
const VERSION: &str = "2010-03-31";

/// The topics of the account.
#[derive(Debug)]
pub struct Sns {
    aws: Arc<AwsClients>,
}

/// A message for a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicMessage<'a> {
    /// The ARN of the topic.
    pub topic: &'a str,
    /// The text.
    pub message: &'a str,
    /// The attributes by which subscribers filter. An empty one is left out, which SNS refuses.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// The group and the id of a FIFO topic.
    pub fifo: Option<(&'a str, &'a str)>,
}

impl Sns {
    /// The topics that these credentials reach.
    #[must_use]
    pub const fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws }
    }

    /// Publishes a message.
    ///
    /// # Errors
    /// SNS does not answer or refuses it.
    pub async fn publish(&self, message: &TopicMessage<'_>) -> Result<(), AwsError> {
        publish_call(message).send(&self.aws).await.map(drop)
    }

    /// Creates a topic, or finds it, and returns its ARN.
    ///
    /// # Errors
    /// SNS does not answer or refuses it.
    pub async fn create_topic(&self, name: &str) -> Result<String, AwsError> {
        let mut form = form("CreateTopic");
        form.append_pair("Name", name);
        if name.ends_with(".fifo") {
            form.append_pair("Attributes.entry.1.key", "FifoTopic").append_pair("Attributes.entry.1.value", "true");
        }
        self.element(call("SNS.CreateTopic", form), "TopicArn").await
    }

    /// Subscribes an endpoint to a topic, with a filter policy in JSON if there is one, and returns the subscription's
    /// ARN.
    ///
    /// # Errors
    /// SNS does not answer or refuses it.
    pub async fn subscribe(
        &self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
        filter: Option<&str>,
    ) -> Result<String, AwsError> {
        let mut form = form("Subscribe");
        form.append_pair("TopicArn", topic).append_pair("Protocol", protocol).append_pair("Endpoint", endpoint);
        form.append_pair("ReturnSubscriptionArn", "true");
        let attributes = [("RawMessageDelivery", Some("true")), ("FilterPolicy", filter)];
        let attributes = attributes.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for (number, (key, value)) in attributes.enumerate() {
            let entry = format!("Attributes.entry.{}", number + 1);
            form.append_pair(&format!("{entry}.key"), key).append_pair(&format!("{entry}.value"), value);
        }
        self.element(call("SNS.Subscribe", form), "SubscriptionArn").await
    }

    /// Whether there is a topic of this ARN.
    ///
    /// # Errors
    /// SNS does not answer.
    pub async fn has_topic(&self, topic: &str) -> Result<bool, AwsError> {
        let mut form = form("GetTopicAttributes");
        form.append_pair("TopicArn", topic);
        let call = call("SNS.GetTopicAttributes", form);
        Ok(call.find(&self.aws, &["NotFound", "NotFoundException"]).await?.is_some())
    }

    async fn element(&self, call: SignedCall, name: &str) -> Result<String, AwsError> {
        let answer = call.send(&self.aws).await?;
        xml_element(&String::from_utf8_lossy(&answer), name).ok_or_else(|| AwsError::Call {
            operation: call.operation,
            cause: format!("the answer has no {name}"),
            is_transient: false,
        })
    }
}

/// The call is made here, since a form cannot be sent between threads.
fn publish_call(message: &TopicMessage<'_>) -> SignedCall {
    let mut form = form("Publish");
    form.append_pair("TopicArn", message.topic).append_pair("Message", message.message);
    let attributes = message.attributes.iter().filter(|(_, value)| !value.is_empty());
    for (number, (name, value)) in attributes.enumerate() {
        let entry = format!("MessageAttributes.entry.{}", number + 1);
        form.append_pair(&format!("{entry}.Name"), name)
            .append_pair(&format!("{entry}.Value.DataType"), "String")
            .append_pair(&format!("{entry}.Value.StringValue"), value);
    }
    if let Some((group, deduplication)) = message.fifo {
        form.append_pair("MessageGroupId", group).append_pair("MessageDeduplicationId", deduplication);
    }
    call("SNS.Publish", form)
}

fn form(action: &str) -> Serializer<'static, String> {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", VERSION);
    form
}

fn call(operation: &'static str, mut form: Serializer<'static, String>) -> SignedCall {
    SignedCall { service: SignedService::Sns, operation, body: form.finish(), waits: Duration::ZERO }
}
