//! The resources that are provisioned beside the tables and the queues.

use super::topic_subscription::TopicSubscription;

/// The resources that a deployment has beside its tables and its queues. By default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionScope {
    /// The names or ARNs of the topics that subscriptions of plugins.toml publish to. A topic that is given by its name
    /// is created.
    pub topics: Vec<String>,
    /// The receivers that are subscribed to topics.
    pub topic_subscriptions: Vec<TopicSubscription>,
    /// The name of the function that works on the stream of events and on the queues.
    pub function: Option<String>,
    /// The id, the ARN or the alias of the key that seals. A key that is given by its alias is created.
    pub seal_key: Option<String>,
}
