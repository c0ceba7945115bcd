//! The progress of the post of each subscription, for `/health` and metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use badgesmith_provider::Timestamp;
use serde::Serialize;

/// The post of a subscription, as this process sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SubscriptionHealth {
    /// The subscription, as plugins.toml names it.
    pub name: String,
    /// Whether the receiver ended the subscription.
    pub is_ended: bool,
    /// How many events are in the queue, as far as it was read.
    pub waiting: usize,
    /// When the oldest of these events was created, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// When the receiver last accepted an event from this process, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<String>,
}

impl SubscriptionHealth {
    /// How many seconds the oldest event has waited at this time.
    #[must_use]
    pub fn age_seconds(&self, now: Timestamp) -> i64 {
        let oldest = self.oldest.as_deref().and_then(Timestamp::parse);
        oldest.map_or(0, |oldest| ((now.as_ms() - oldest.as_ms()) / 1000).max(0))
    }
}

/// The posts of a process.
#[derive(Debug, Default)]
pub(crate) struct Posts(Mutex<BTreeMap<String, SubscriptionHealth>>);

impl Posts {
    /// Updates the progress of a post.
    pub(crate) fn update(&self, name: &str, change: impl FnOnce(&mut SubscriptionHealth)) {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let post = posts.entry(name.to_owned()).or_default();
        if post.name.is_empty() {
            name.clone_into(&mut post.name);
        }
        change(post);
    }

    /// All posts, by name.
    pub(crate) fn all(&self) -> Vec<SubscriptionHealth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
