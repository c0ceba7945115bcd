//! An event in the queue of a receiver, or in a dead letter.

use badgesmith_provider::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;

/// The value of a row of a subscription's queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuedEvent {
    /// The event.
    pub event: Event,
    /// How many attempts to send the event have failed.
    #[serde(default)]
    pub attempts: u32,
    /// The earliest time of the next attempt, in milliseconds since 1970.
    #[serde(default)]
    pub due: Timestamp,
    /// Why the last attempt failed; empty before the first. It contains no address and no secret.
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

    /// Reads the value of a row; `None` if it is damaged.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        serde_json::from_str(value).ok()
    }
}
