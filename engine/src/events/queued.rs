//! An event that waits for a receiver, and a dead letter.

use badgesmith_provider::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;

/// The value of a row of a subscription's queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuedEvent {
    /// The event.
    pub event: Event,
    /// How often it was sent in vain.
    #[serde(default)]
    pub attempts: u32,
    /// Before this time it is not sent again, in milliseconds since 1970.
    #[serde(default)]
    pub due: Timestamp,
    /// Why the last attempt failed; empty before the first. No address and no secret is in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl QueuedEvent {
    /// An event that was not sent yet.
    #[must_use]
    pub const fn new(event: Event) -> Self {
        Self { event, attempts: 0, due: Timestamp::MIN, reason: String::new() }
    }

    /// The value of its row.
    #[must_use]
    pub fn write(&self) -> String {
        // Serializing texts and numbers does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event of a row's value, if it is one.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        serde_json::from_str(value).ok()
    }
}
