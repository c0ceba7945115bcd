//! The queue in which accepted reports wait to be recorded, and the form of its messages.

use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Record;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{
    digest::digest,
    store::{Entry, Nonce, Subject, Unavailable},
};

/// The version of the message format that this BadgeSmith writes, and the only one that it reads.
const VERSION: u32 = 1;

/// A queue that delivers the messages of a group in the order in which they were sent, and each message at least once.
pub trait ReportQueue: Send + Sync + fmt::Debug {
    /// Puts a report into the queue. After `Ok` it is durable there.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether the queue has the report.
    fn send(&self, report: QueuedReport) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// A report as a queue takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedReport {
    /// The message group, within which order is kept: the SHA-256 of collection and subject, in hexadecimal digits.
    pub group: String,
    /// The deduplication id, which is the same if a report is sent twice: the SHA-256 of collection, subject, run and
    /// attempt, in hexadecimal digits.
    pub deduplication: String,
    /// The message, JSON for [`Engine::record_queued`](crate::Engine::record_queued). At most about 200 KB.
    pub body: String,
}

/// The outcome of recording a report from a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueuedOutcome {
    /// It was recorded.
    Recorded,
    /// The run and attempt were recorded already, perhaps by an earlier receipt of this message.
    WasRecorded,
}

/// Why a report from a queue is not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueuedError {
    /// The message is not a report.
    Unreadable(String),
    /// Another version of BadgeSmith wrote it.
    UnknownVersion(u32),
    /// A part of its subject is empty or too long.
    InvalidSubject(&'static str),
    /// No plugin has its collection any more.
    NoPlugin(String),
    /// The store does not answer; another attempt may succeed.
    Unavailable(Unavailable),
}

impl fmt::Display for QueuedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(cause) => write!(f, "the message is no report: {cause}"),
            Self::UnknownVersion(version) => {
                write!(f, "the message has version {version}, and this BadgeSmith reads {VERSION}")
            }
            Self::InvalidSubject(part) => write!(f, "the report's {part} is empty or too long"),
            Self::NoPlugin(collection) => write!(f, "no plugin has the collection {collection:?}"),
            Self::Unavailable(Unavailable(fault)) => write!(f, "the store does not answer: {fault}"),
        }
    }
}

impl Error for QueuedError {}

/// The subject and the run of a message in the queue of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedSubject {
    /// The collection in which the report is to be recorded.
    pub collection: String,
    /// The subject.
    pub subject: Subject,
    /// The run.
    pub run_id: String,
}

impl QueuedSubject {
    /// Reads the subject of a message, as [`Engine::record_queued`](crate::Engine::record_queued) reads it.
    ///
    /// # Errors
    /// Why it cannot be recorded, whatever the store and the plugins are.
    pub fn read(body: &str) -> Result<Self, QueuedError> {
        let (Entry { collection, subject, record, .. }, _) = read(body)?;
        Ok(Self { collection, subject, run_id: record.run_id })
    }
}

/// The message on the wire.
#[derive(Debug, Deserialize, Serialize)]
struct Message {
    version: u32,
    collection: String,
    owner: String,
    repo: String,
    part: String,
    branch: String,
    arrived_ms: u64,
    #[serde(default)]
    correlation_id: String,
    record: Record,
}

/// The message of a report that was accepted.
pub(crate) fn write(entry: &Entry, correlation_id: &str) -> QueuedReport {
    let Entry { collection, subject, record, arrived, .. } = entry;
    let arrived_ms = arrived.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let message = Message {
        version: VERSION,
        collection: collection.clone(),
        owner: subject.owner().to_owned(),
        repo: subject.repo().to_owned(),
        part: subject.platform().to_owned(),
        branch: subject.branch().to_owned(),
        arrived_ms: u64::try_from(arrived_ms).unwrap_or(u64::MAX),
        correlation_id: correlation_id.to_owned(),
        record: record.clone(),
    };
    // A record was parsed from JSON, so it can be written as JSON.
    let body = serde_json::to_string(&message).unwrap_or_default();
    QueuedReport { group: group(collection, subject), deduplication: deduplication(collection, subject, record), body }
}

/// The entry of a message, and the correlation id of its request. The report's nonce was claimed when the report was
/// accepted. The entry therefore claims another nonce, which no report can have, and only after the run.
pub(crate) fn read(body: &str) -> Result<(Entry, String), QueuedError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let unreadable = |error: serde_json::Error| QueuedError::Unreadable(error.to_string());
    let Versioned { version } = serde_json::from_str(body).map_err(unreadable)?;
    if version != VERSION {
        return Err(QueuedError::UnknownVersion(version));
    }
    let message: Message = serde_json::from_str(body).map_err(unreadable)?;
    let Message { collection, owner, repo, part, branch, arrived_ms, correlation_id, record, .. } = message;
    let subject = Subject::new(&owner, &repo, &part, &branch).map_err(QueuedError::InvalidSubject)?;
    let value = format!("queued {}", deduplication(&collection, &subject, &record));
    let nonce = Nonce { value, expires: None, is_after_run: true };
    let arrived = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(arrived_ms));
    let arrived = arrived.ok_or_else(|| QueuedError::Unreadable("arrived_ms is no time".to_owned()))?;
    Ok((Entry { collection, subject, nonce, record, arrived, outbox: None }, correlation_id))
}

fn group(collection: &str, subject: &Subject) -> String {
    hex::encode(digest(&parts(collection, subject)))
}

fn deduplication(collection: &str, subject: &Subject, record: &Record) -> String {
    let attempt = record.run_attempt.to_string();
    let [owner, repo, platform, branch] = [subject.owner(), subject.repo(), subject.platform(), subject.branch()];
    hex::encode(digest(&[collection, owner, repo, platform, branch, &record.run_id, &attempt]))
}

fn parts<'a>(collection: &'a str, subject: &'a Subject) -> [&'a str; 5] {
    [collection, subject.owner(), subject.repo(), subject.platform(), subject.branch()]
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::Timestamp;
    use serde_json::Map;

    use super::*;

    fn entry(branch: &str, run_id: &str) -> Entry {
        let record = Record {
            run_id: run_id.to_owned(),
            run_attempt: 2,
            timestamp_ms: Timestamp::nearest(7),
            fields: Map::new(),
        };
        Entry {
            collection: "test-results".to_owned(),
            subject: Subject::new("acme", "tools", "linux", branch).unwrap(),
            nonce: "n".into(),
            record,
            arrived: SystemTime::UNIX_EPOCH + Duration::from_millis(1234),
            outbox: None,
        }
    }

    #[test]
    fn a_message_is_read_as_what_was_written() {
        let written = entry("main", "42");
        let queued = write(&written, "build-7");
        let (read, correlation_id) = read(&queued.body).unwrap();
        assert_eq!(correlation_id, "build-7");
        let nonce = Nonce { value: format!("queued {}", queued.deduplication), expires: None, is_after_run: true };
        assert_eq!(read, Entry { nonce, ..written });
    }

    #[test]
    fn a_group_is_a_subject_and_a_run_is_sent_once() {
        let [one, again, run, branch] =
            [("main", "1"), ("main", "1"), ("main", "2"), ("next", "1")].map(|(b, r)| write(&entry(b, r), ""));
        assert_eq!((&one.group, &one.deduplication), (&again.group, &again.deduplication));
        assert_eq!(one.group, run.group);
        assert_ne!(one.deduplication, run.deduplication);
        assert_ne!(one.group, branch.group);
        assert_eq!((one.group.len(), one.deduplication.len()), (64, 64));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn a_message_of_another_version_or_none_at_all_is_refused() {
        let sound = write(&entry("main", "42"), "").body;
        let newer = sound.replace("\"version\":1", "\"version\":2");
        assert_eq!(read(&newer), Err(QueuedError::UnknownVersion(2)));
        let nameless = sound.replace("\"owner\":\"acme\"", "\"owner\":\"\"");
        assert!(matches!(read(&nameless), Err(QueuedError::InvalidSubject(_))));
        for body in ["", "{}", "[1]", "{\"version\":1}"] {
            assert!(matches!(read(body), Err(QueuedError::Unreadable(_))), "{body}");
        }
    }
}
