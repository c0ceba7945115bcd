//! The types that are written to a store and read from it, besides records.

use std::time::SystemTime;

use badgesmith_provider::Record;
use bytes::Bytes;

use super::{
    keys::{escape, unescape},
    nonce::Nonce,
    row::Row,
    subject::Subject,
};

/// A record to be written, with the nonce and the run that it claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The collection, such as `test-results`.
    pub collection: String,
    /// The subject of the record.
    pub subject: Subject,
    /// The nonce of the report.
    pub nonce: Nonce,
    /// The record; its run and attempt are claimed for the subject.
    pub record: Record,
    /// When the request arrived: `RESULT_LIFE` and the nonce's life begin here.
    pub arrived: SystemTime,
    /// The outbox row for the record, written together with it; `None` without subscriptions.
    pub outbox: Option<Row>,
}

/// The outcome of `Store::record`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The record was written and is durable.
    New,
    /// The nonce was claimed before. This is reported even if the run was claimed, too, unless [`Nonce::is_after_run`].
    NonceUsed,
    /// The run and attempt were claimed before.
    Duplicate,
}

/// A cached answer, with the mark of its subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedAnswer {
    /// The answer, if there is one.
    pub answer: Option<Bytes>,
    /// The time of the mark, until which such answers are stale; `None` if there is no mark.
    pub stale_since: Option<SystemTime>,
}

/// The data that a webhook delivery writes, besides states.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The webhook's scheme, such as `github`.
    pub scheme: String,
    /// The owner that the delivery is from, case-folded.
    pub owner: String,
    /// The id of the delivery, 1 to 128 visible ASCII characters; it is claimed for the scheme and the owner.
    pub id: String,
    /// The records, at most [`MOST_DELIVERED`].
    pub records: Vec<SubjectRecord>,
    /// When it arrived: `RESULT_LIFE` and `DELIVERY_LIFE` begin here.
    pub arrived: SystemTime,
}

/// The most records of one delivery: DynamoDB writes 100 items in one transaction.
pub const MOST_DELIVERED: usize = 16;

/// A record with its collection and subject.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRecord {
    /// The collection.
    pub collection: String,
    /// The subject.
    pub subject: Subject,
    /// The record.
    pub record: Record,
    /// The outbox row for the record, written together with it; `None` without subscriptions.
    pub outbox: Option<Row>,
}

/// A query for states. All names are case-folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States {
    /// The collection.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part; `None` for all parts.
    pub platform: Option<String>,
    /// The branch; `None` for all branches of the part.
    pub branch: Option<String>,
}

/// A subject in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSubject {
    /// The collection.
    pub collection: String,
    /// The subject.
    pub subject: Subject,
    /// When a record or a state of the subject was last written.
    pub changed: SystemTime,
}

impl ListedSubject {
    /// The sort key of a subject in the list of its owner: `repo#collection#part#branch`.
    pub fn key(collection: &str, subject: &Subject) -> String {
        let parts = [subject.repo(), collection, subject.platform(), subject.branch()];
        parts.map(escape).join("#")
    }

    /// The inverse of [`ListedSubject::key`].
    ///
    /// ```
    /// use badgesmith_engine::store::{ListedSubject, Subject};
    ///
    /// let subject = Subject::new("acme", "tools", "ci.yml", "issue#1").unwrap();
    /// let key = ListedSubject::key("workflow", &subject);
    /// assert_eq!(key, "tools#workflow#ci.yml#issue%231");
    /// assert_eq!(ListedSubject::read(&key, "acme"), Some(("workflow".to_owned(), subject)));
    /// ```
    pub fn read(key: &str, owner: &str) -> Option<(String, Subject)> {
        let mut parts = key.split('#').map(unescape);
        let (repo, collection, platform, branch) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some((collection, Subject::new(owner, &repo, &platform, &branch).ok()?))
    }
}
