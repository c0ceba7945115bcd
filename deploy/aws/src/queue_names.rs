//! The names of a deployment's queues.

/// The queues, each as a name, a URL or an ARN. Both are `None` in a deployment without queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueNames {
    /// Where reports wait to be recorded.
    pub reports: Option<String>,
    /// Where events wait to be sent to subscriptions.
    pub events: Option<String>,
}

impl QueueNames {
    /// The queues in `BADGESMITH_QUEUE_REPORTS` and `BADGESMITH_QUEUE_EVENTS`. `set` returns `None` for an empty one.
    pub(crate) fn from_variables(set: impl Fn(&str) -> Option<String>) -> Self {
        Self { reports: set("BADGESMITH_QUEUE_REPORTS"), events: set("BADGESMITH_QUEUE_EVENTS") }
    }
}
