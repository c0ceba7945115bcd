//! Publishes messages of subscriptions to topics of SNS.

use badgesmith_engine::{
    events::Outgoing,
    world::{Fault, Reply},
};
use badgesmith_host::courier::TopicPublisher;
use futures_util::future::BoxFuture;

use crate::{
    aws_error::AwsError,
    sns::{Sns, TopicMessage},
};

impl TopicPublisher for Sns {
    fn publish(&self, topic: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            let Outgoing::Topic { arn, message, attributes, group, deduplication } = topic else {
                return Err(Fault::NotAllowed("no message for a topic"));
            };
            let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let fifo = group.as_deref().zip(deduplication.as_deref());
            let publish = async {
                let topic = self.topic_arn(&arn).await?;
                Self::publish(self, &TopicMessage { topic: &topic, message: &message, attributes, fifo }).await
            };
            match publish.await {
                Ok(()) => Ok(Reply { status: 200, ..Reply::default() }),
                Err(AwsError::Timeout) => Err(Fault::Timeout),
                Err(error) if error.is_transient() => Err(Fault::Unreachable(error.to_string())),
                // A refusal counts as an answer, not as an error: the topic does not exist any more, or the role may
                // not publish.
                Err(error) => {
                    tracing::warn!(fault.words = %error, "a topic refuses a message");
                    Ok(Reply { status: 400, ..Reply::default() })
                }
            }
        })
    }
}
