//! How full the queues of a deployment are, for `/health?deep=1`.

use std::fmt;

use futures_util::future::BoxFuture;
use serde::Serialize;

/// Finds out how full queues are.
pub trait QueueGauge: Send + Sync + fmt::Debug {
    /// The state of each queue. Anybody can ask for `/health`, so the queues are asked at most once in some seconds,
    /// and one that does not answer in time is unavailable.
    fn read(&self) -> BoxFuture<'_, Vec<QueueHealth>>;
}

/// The state of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueHealth {
    /// What waits in it: `reports` or `events`.
    pub name: &'static str,
    /// `in service`, or `unavailable` if the queue or that of its dead letters does not answer.
    pub status: &'static str,
    /// What is in it; `None` if it is unavailable.
    #[serde(flatten)]
    pub depth: Option<QueueDepth>,
}

/// How many messages there are, as the queue estimates them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    /// Those that wait to be received.
    pub waiting: u64,
    /// Those that were received, and are neither done with nor back.
    pub received: u64,
    /// The dead letters.
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
