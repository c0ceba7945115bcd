//! Topics of SNS and their subscriptions, for provisioning.

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_answer::xml_element,
    signed_call::SignedCall,
    sns_call::{call, form},
};

/// The ending of a FIFO topic's name, which AWS requires.
pub(crate) const FIFO: &str = ".fifo";
/// The attribute of a subscription that delivers messages as they were published.
const RAW: &str = "RawMessageDelivery";

/// A receiver that is subscribed to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundSubscription {
    /// Its ARN, or a placeholder of SNS until the receiver confirms.
    pub(crate) arn: String,
    /// How messages are delivered: `sqs`, `https`, `email`.
    pub(crate) protocol: String,
    /// The address of the receiver.
    pub(crate) endpoint: String,
}

impl FoundSubscription {
    /// Whether its receiver has confirmed it.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.arn.starts_with("arn:")
    }
}

/// Creates a topic, or finds it, and returns its ARN.
pub(crate) async fn create_topic(aws: &AwsClients, name: &str) -> Result<String, AwsError> {
    let mut form = form("CreateTopic");
    form.append_pair("Name", name);
    if name.ends_with(FIFO) {
        form.append_pair("Attributes.entry.1.key", "FifoTopic").append_pair("Attributes.entry.1.value", "true");
    }
    element(aws, call("SNS.CreateTopic", form), "TopicArn").await
}

/// Whether there is a topic of this ARN.
pub(crate) async fn has_topic(aws: &AwsClients, topic: &str) -> Result<bool, AwsError> {
    let mut form = form("GetTopicAttributes");
    form.append_pair("TopicArn", topic);
    let call = call("SNS.GetTopicAttributes", form);
    Ok(call.find(aws, &["NotFound", "NotFoundException"]).await?.is_some())
}

/// The ARNs of all topics of the region.
pub(crate) async fn topics(aws: &AwsClients) -> Result<Vec<String>, AwsError> {
    let members = pages(aws, "SNS.ListTopics", "ListTopics", None).await?;
    Ok(members.iter().filter_map(|member| xml_element(member, "TopicArn")).collect())
}

/// The subscriptions of a topic.
pub(crate) async fn subscriptions(aws: &AwsClients, topic: &str) -> Result<Vec<FoundSubscription>, AwsError> {
    let action = "ListSubscriptionsByTopic";
    let members = pages(aws, "SNS.ListSubscriptionsByTopic", action, Some(topic)).await?;
    let found = members.iter().filter_map(|member| {
        let of = |name| xml_element(member, name);
        Some(FoundSubscription { arn: of("SubscriptionArn")?, protocol: of("Protocol")?, endpoint: of("Endpoint")? })
    });
    Ok(found.collect())
}

/// Subscribes an endpoint to a topic, with a filter policy in JSON if there is one, and returns the subscription's ARN.
/// A queue gets messages as they were published.
pub(crate) async fn subscribe(
    aws: &AwsClients,
    topic: &str,
    protocol: &str,
    endpoint: &str,
    filter: Option<&str>,
) -> Result<String, AwsError> {
    let mut form = form("Subscribe");
    form.append_pair("TopicArn", topic).append_pair("Protocol", protocol).append_pair("Endpoint", endpoint);
    form.append_pair("ReturnSubscriptionArn", "true");
    // SNS refuses raw message delivery for e-mail.
    let raw = (protocol == "sqs").then_some("true");
    let attributes = [(RAW, raw), ("FilterPolicy", filter)];
    let attributes = attributes.into_iter().filter_map(|(key, value)| Some((key, value?)));
    for (number, (key, value)) in attributes.enumerate() {
        let entry = format!("Attributes.entry.{}", number + 1);
        form.append_pair(&format!("{entry}.key"), key).append_pair(&format!("{entry}.value"), value);
    }
    element(aws, call("SNS.Subscribe", form), "SubscriptionArn").await
}

/// Whether a subscription of this ARN delivers messages as they were published.
pub(crate) async fn is_raw(aws: &AwsClients, subscription: &str) -> Result<bool, AwsError> {
    let mut form = form("GetSubscriptionAttributes");
    form.append_pair("SubscriptionArn", subscription);
    let answer = call("SNS.GetSubscriptionAttributes", form).send(aws).await?;
    let answer = String::from_utf8_lossy(&answer);
    let mut entries = answer.split("<entry>").skip(1);
    Ok(entries.any(|entry| {
        xml_element(entry, "key").as_deref() == Some(RAW) && xml_element(entry, "value").as_deref() == Some("true")
    }))
}

/// Lets a subscription of this ARN deliver messages as they were published.
pub(crate) async fn make_raw(aws: &AwsClients, subscription: &str) -> Result<(), AwsError> {
    let mut form = form("SetSubscriptionAttributes");
    form.append_pair("SubscriptionArn", subscription).append_pair("AttributeName", RAW);
    form.append_pair("AttributeValue", "true");
    call("SNS.SetSubscriptionAttributes", form).send(aws).await.map(drop)
}

/// The members of all pages of a list.
async fn pages(
    aws: &AwsClients,
    operation: &'static str,
    action: &str,
    topic: Option<&str>,
) -> Result<Vec<String>, AwsError> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = {
            let mut form = form(action);
            let parameters = [("TopicArn", topic), ("NextToken", token.as_deref())];
            for (name, value) in parameters {
                if let Some(value) = value {
                    form.append_pair(name, value);
                }
            }
            call(operation, form)
        };
        let answer = page.send(aws).await?;
        let answer = String::from_utf8_lossy(&answer);
        found.extend(members(&answer));
        token = xml_element(&answer, "NextToken").filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// The members of a list in XML.
fn members(xml: &str) -> impl Iterator<Item = String> + '_ {
    let members = xml.split("<member>").skip(1);
    members.filter_map(|rest| rest.split_once("</member>").map(|(member, _)| member.to_owned()))
}

async fn element(aws: &AwsClients, call: SignedCall, name: &str) -> Result<String, AwsError> {
    let answer = call.send(aws).await?;
    xml_element(&String::from_utf8_lossy(&answer), name).ok_or_else(|| AwsError::Call {
        operation: call.operation,
        cause: format!("the answer has no {name}"),
        is_transient: false,
    })
}
