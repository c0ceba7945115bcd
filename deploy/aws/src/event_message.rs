//! A message of the queue of events.

use serde::{Deserialize, Serialize};

/// Where the row of a subscription's queue is. The row itself may be larger than a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct EventMessage {
    /// The name of the subscription.
    pub subscription: String,
    /// The key of the row, which has the event and how often it was sent in vain.
    pub key: String,
}
