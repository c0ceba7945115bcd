//! Results as JSON lines, out of one store and into another.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{Entry, LONGEST_RUN, RESULT_LIFE, Subject};
use badgesmith_provider::{Record, time};
use serde::{Deserialize, Serialize};

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// A result on its way: what it is about, the record, and when it arrived, which its lifetime counts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    collection: String,
    owner: String,
    repo: String,
    platform: String,
    branch: String,
    record: Record,
    arrived: String,
}

/// What an export came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many results were handed over.
    pub written: u64,
    /// What could not be read, a sentence each: the others were handed over all the same.
    pub damaged: Vec<String>,
}

impl Line {
    /// A result that expires so many seconds after 1970.
    #[must_use]
    pub fn new(collection: String, subject: &Subject, record: Record, expires: u64) -> Self {
        let arrived = expires.saturating_sub(RESULT_LIFE.as_secs()).saturating_mul(1000);
        Self {
            collection,
            owner: subject.owner().to_owned(),
            repo: subject.repo().to_owned(),
            platform: subject.platform().to_owned(),
            branch: subject.branch().to_owned(),
            record,
            arrived: time::text(i64::try_from(arrived).unwrap_or_default()),
        }
    }

    /// The entry that records it again. Its run is claimed as it was, so a result that is there already is a duplicate;
    /// its nonce is nobody's.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn entry(self) -> Result<Entry, String> {
        let Self { collection, owner, repo, platform, branch, record, arrived } = self;
        let subject = Subject::new(&owner, &repo, &platform, &branch);
        let subject = subject.map_err(|part| format!("its {part} is empty or too long"))?;
        if !(1..=LONGEST_RUN).contains(&record.run_id.len()) || !(1..=9999).contains(&record.run_attempt) {
            return Err("its run_id is empty or too long, or its run_attempt is not 1 to 9999".to_owned());
        }
        if collection.is_empty() || collection.contains('#') || time::text(record.timestamp_ms).is_empty() {
            return Err("its collection or timestamp_ms is none".to_owned());
        }
        let arrived = time::milliseconds(&arrived).and_then(|arrived| u64::try_from(arrived).ok());
        let arrived = arrived.ok_or("its arrived is no RFC 3339 time since 1970")?;
        let nonce = format!("import-{:032x}", fastrand::u128(..));
        let arrived = SystemTime::UNIX_EPOCH + Duration::from_millis(arrived);
        Ok(Entry { collection, subject, nonce, record, arrived })
    }
}
