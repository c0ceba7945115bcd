//! A result as a JSON line.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{Entry, LONGEST_RUN, RESULT_LIFE, Subject};
use badgesmith_provider::{Record, Timestamp};
use serde::{Deserialize, Serialize};

use super::import_error::ImportError;

/// An exported result: its subject, its record, and its time of arrival, from which its lifetime counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedResult {
    collection: String,
    owner: String,
    repo: String,
    platform: String,
    branch: String,
    record: Record,
    arrived: String,
}

impl ExportedResult {
    /// A result that expires at `expires`, in seconds since 1970.
    pub(super) fn new(collection: String, subject: &Subject, record: Record, expires: u64) -> Self {
        let arrived = expires.saturating_sub(RESULT_LIFE.as_secs()).saturating_mul(1000);
        Self {
            collection,
            owner: subject.owner().to_owned(),
            repo: subject.repo().to_owned(),
            platform: subject.platform().to_owned(),
            branch: subject.branch().to_owned(),
            record,
            arrived: Timestamp::nearest(i64::try_from(arrived).unwrap_or_default()).to_string(),
        }
    }

    /// The entry that records the result again. The entry claims the same run, so a result that is stored already
    /// counts as a duplicate; its nonce is a new one.
    pub(super) fn entry(self) -> Result<Entry, ImportError> {
        let Self { collection, owner, repo, platform, branch, record, arrived } = self;
        let subject = Subject::new(&owner, &repo, &platform, &branch).map_err(ImportError::Subject)?;
        if !(1..=LONGEST_RUN).contains(&record.run_id.len()) || !(1..=9999).contains(&record.run_attempt) {
            return Err(ImportError::Run);
        }
        if collection.is_empty() || collection.contains('#') {
            return Err(ImportError::Collection);
        }
        let arrived = Timestamp::parse(&arrived).and_then(|arrived| u64::try_from(arrived.as_ms()).ok());
        let arrived = arrived.ok_or(ImportError::Arrived)?;
        let nonce = format!("import-{:032x}", fastrand::u128(..));
        let arrived = SystemTime::UNIX_EPOCH + Duration::from_millis(arrived);
        Ok(Entry { collection, subject, nonce: nonce.into(), record, arrived, outbox: None })
    }
}
