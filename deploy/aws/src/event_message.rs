//! A message of the queue of events.

use serde::{Deserialize, Serialize};

/// The location of an event in the table of events. The row itself may be larger than a message of SQS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct EventMessage {
    /// The name of the subscription.
    pub subscription: String,
    /// The key of the row, which contains the event and the number of failed attempts to send it.
    pub key: String,
}
