//! The order of a subject's records, and queries for a part of them.

use badgesmith_provider::{Record, Timestamp};

use super::{keys::escape, subject::Subject};

/// The most records that one chart is drawn from.
pub const MOST_CHARTED: usize = 1000;

/// The place of a record in the history of its subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordPlace {
    /// The record's time.
    pub timestamp: Timestamp,
    /// Its run.
    pub run_id: String,
    /// Its attempt.
    pub run_attempt: u32,
}

impl RecordPlace {
    /// The place of a record.
    pub fn of(record: &Record) -> Self {
        let Record { timestamp_ms, run_id, run_attempt, .. } = record;
        Self { timestamp: *timestamp_ms, run_id: run_id.clone(), run_attempt: *run_attempt }
    }

    /// The sort key of a record of a subject in this place.
    pub fn key(&self, subject: &Subject) -> String {
        let Self { timestamp, run_id, run_attempt } = self;
        format!("{}{timestamp}#{}#{run_attempt:04}", result_prefix(subject), escape(run_id))
    }
}

/// A query for a part of a subject's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number of newest records, at most [`MOST_CHARTED`].
    pub last: usize,
    /// Only records from this time on, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only records that are older than the one in this place.
    pub before: Option<RecordPlace>,
}

impl Span {
    /// Only the newest record.
    pub const LATEST: Self = Self { last: 1, since_ms: None, before: None };
}

/// The sort key of a record: `RESULT#platform#branch#timestamp#run#attempt`. The last key of a platform and branch is
/// that of its newest record.
pub fn result_key(subject: &Subject, record: &Record) -> String {
    RecordPlace::of(record).key(subject)
}

/// The prefix of the sort keys of a subject's records.
pub fn result_prefix(subject: &Subject) -> String {
    format!("RESULT#{}#{}#", escape(subject.platform()), escape(subject.branch()))
}

/// The range of the sort keys of a subject's records in a span: its inclusive start and its exclusive end.
pub fn result_range(subject: &Subject, span: &Span) -> (String, String) {
    let prefix = result_prefix(subject);
    let end = match &span.before {
        Some(place) => place.key(subject),
        // The prefix ends with `#`, and `$` is the next character in ASCII.
        None => format!("{}$", prefix.trim_end_matches('#')),
    };
    let since = span.since_ms.map(|since| Timestamp::nearest(since).to_string()).unwrap_or_default();
    (prefix + &since, end)
}
