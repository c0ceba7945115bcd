//! What is provisioned beside the tables and the queues.

use super::topic_subscription::TopicSubscription;

/// What a deployment has beside its tables and its queues. By default it has nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionScope {
    /// The names or ARNs of the topics that subscriptions of plugins.toml publish to. Those of names are created.
    pub topics: Vec<String>,
    /// Who is subscribed to topics.
    pub topic_subscriptions: Vec<TopicSubscription>,
    /// The name of the function that works on the stream of events and on the queues.
    pub function: Option<String>,
    /// The id, the ARN or the alias of the key that seals. One that an alias names is created.
    pub seal_key: Option<String>,
}
