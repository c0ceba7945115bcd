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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_from_before_1970_or_after_9999_is_refused_with_words() {
        for ms in [-1, 253_402_300_800_000, i64::MIN, i64::MAX] {
            let record = format!(r#"{{"run_id": "1", "run_attempt": 1, "timestamp_ms": {ms}, "fields": {{}}}}"#);
            let fault = serde_json::from_str::<Record>(&record).unwrap_err().to_string();
            assert!(fault.starts_with("its record's timestamp_ms is not in the years 1970 to 9999"), "{fault}");
        }
    }
}
