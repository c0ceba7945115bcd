//! A record: the result of one run, as a provider made it from a report.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{timestamp::Timestamp, web_address::is_web_address};

/// The result of one run, as a provider made it from a verified report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The identifier of the run, 1 to 128 bytes. A run and attempt of a subject is recorded only once.
    pub run_id: String,
    /// The attempt of the run, 1 to 9999.
    pub run_attempt: u32,
    /// When it ran: the record with the latest time is the newest one, whatever the order of arrival.
    pub timestamp_ms: Timestamp,
    /// The data that the provider wants to read again.
    pub fields: Map<String, Value>,
}

impl Record {
    /// The page that a report named in `url_html`, if it is a web address: an imported record may contain any other
    /// text.
    ///
    /// ```
    /// use badgesmith_provider::Record;
    ///
    /// let record = |url: &str| Record {
    ///     fields: [("url_html".to_owned(), url.into())].into_iter().collect(),
    ///     ..Record::default()
    /// };
    /// assert_eq!(record("https://example.com/1").page(), Some("https://example.com/1"));
    /// assert_eq!(record("javascript:alert(1)").page(), None);
    /// ```
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.fields.get("url_html").and_then(Value::as_str).filter(|url| is_web_address(url))
    }
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
