//! A record: the result of one run, as a provider made it from a report.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::timestamp::Timestamp;

/// The result of one run, as a provider made it from a verified report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The identifier of the run, 1 to 128 bytes. Together with the attempt it is recorded once for a subject.
    pub run_id: String,
    /// The attempt of the run, 1 to 9999.
    pub run_attempt: u32,
    /// When it ran: the record with the latest time is the newest one, whatever the order of arrival.
    pub timestamp_ms: Timestamp,
    /// Whatever the provider wants to read again.
    pub fields: Map<String, Value>,
}
