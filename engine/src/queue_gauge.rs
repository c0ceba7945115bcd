//! How full the queues of a deployment are, for `/health?deep=1`.

use std::fmt;

use futures_util::future::BoxFuture;
use serde::Serialize;

/// Reads how full queues are.
pub trait QueueGauge: Send + Sync + fmt::Debug {
    /// The state of each queue. Anybody can request `/health`, so the result is cached for some seconds, and a queue
    /// that does not answer in time is reported as unavailable.
    fn read(&self) -> BoxFuture<'_, Vec<QueueHealth>>;
}

/// The state of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueHealth {
    /// The kind of its messages: `reports` or `events`.
    pub name: &'static str,
    /// `in service`, or `unavailable` if the queue or its dead-letter queue does not answer.
    pub status: &'static str,
    /// The number of its messages; `None` if the queue is unavailable.
    #[serde(flatten)]
    pub depth: Option<QueueDepth>,
}

/// How many messages there are, as the queue estimates them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    /// Messages that wait to be received.
    pub waiting: u64,
    /// Messages in flight: received, but neither deleted nor back in the queue.
    pub received: u64,
    /// Messages in the dead-letter queue.
    pub dead: u64,
}

impl QueueHealth {
    /// A queue with these messages, or one that does not answer.
    #[must_use]
    pub const fn new(name: &'static str, depth: Option<QueueDepth>) -> Self {
        let status = if depth.is_some() { "in service" } else { "unavailable" };
        Self { name, status, depth }
    }
}
