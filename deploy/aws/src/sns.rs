//! Topics of SNS.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_call::SignedCall,
    sns_admin,
    sns_call::{call, form},
};

/// The operation that needs a topic's ARN.
const PUBLISH: &str = "SNS.Publish";

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
    /// The attributes by which subscribers filter. Empty attributes are left out, since SNS refuses them.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// The group and the id of a FIFO topic.
    pub fifo: Option<(&'a str, &'a str)>,
}

impl Sns {
    /// Access to topics with these credentials.
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

    /// The ARN of a topic that is named by its ARN, or by its name in the region and the account of the credentials. No
    /// call is made for it.
    ///
    /// # Errors
    /// There is no region, or the account is unknown.
    pub async fn topic_arn(&self, topic: &str) -> Result<String, AwsError> {
        if topic.contains(':') {
            return Ok(topic.to_owned());
        }
        let config = self.aws.config().await;
        let account = match self.aws.settings().credentials.account() {
            Some(account) => Some(account.to_owned()),
            None => {
                let credentials = self.aws.signer().credentials(config, PUBLISH, SystemTime::now()).await?;
                credentials.account_id().map(|account| account.as_str().to_owned())
            }
        };
        let (Some(region), Some(account)) = (config.region(), account) else {
            return Err(AwsError::InvalidRequest(format!(
                "the region or the account of the topic {topic} is unknown; set AWS_REGION and AWS_ACCOUNT_ID, or \
                 write the ARN of the topic"
            )));
        };
        let region = region.as_ref();
        let partition = match region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Ok(format!("arn:{partition}:sns:{region}:{account}:{topic}"))
    }

    /// Creates a topic, or finds it, and returns its ARN.
    ///
    /// # Errors
    /// SNS does not answer or refuses it.
    pub async fn create_topic(&self, name: &str) -> Result<String, AwsError> {
        sns_admin::create_topic(&self.aws, name).await
    }

    /// Subscribes an endpoint to a topic, with a filter policy in JSON if there is one, and returns the subscription's
    /// ARN. A queue gets messages as they were published.
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
        sns_admin::subscribe(&self.aws, topic, protocol, endpoint, filter).await
    }

    /// Whether there is a topic of this ARN.
    ///
    /// # Errors
    /// SNS does not answer.
    pub async fn has_topic(&self, topic: &str) -> Result<bool, AwsError> {
        sns_admin::has_topic(&self.aws, topic).await
    }
}

/// The call is built in a function of its own, since a form cannot be sent between threads.
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
    call(PUBLISH, form)
}
