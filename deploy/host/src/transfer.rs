//! Results as JSON lines, exported from one store and imported into another.

use std::{
    error::Error,
    fmt, io,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, LONGEST_RUN, RESULT_LIFE, Subject};
use badgesmith_provider::{Record, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// An exported result: its subject, its record, and when it arrived, from which its lifetime counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedLine {
    collection: String,
    owner: String,
    repo: String,
    platform: String,
    branch: String,
    record: Record,
    arrived: String,
}

/// The outcome of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// How many results were exported.
    pub written: u64,
    /// What could not be read, one sentence each; the other results were exported all the same.
    pub damaged: Vec<String>,
}

/// Why an export ended early. `S` is the store's error.
#[derive(Debug)]
pub enum ExportError<S> {
    /// The store cannot be read.
    Store(S),
    /// A line cannot be written.
    Write(io::Error),
}

/// Why a line is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// The owner, repository, platform or branch, by its name, is empty or too long.
    Subject(&'static str),
    /// The run or its attempt is out of range.
    Run,
    /// The collection or the record's time cannot be stored.
    Collection,
    /// The time of arrival is not one.
    Arrived,
}

impl ExportedLine {
    /// A line for a result that expires this many seconds after 1970.
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
            arrived: Timestamp::nearest(i64::try_from(arrived).unwrap_or_default()).to_string(),
        }
    }

    /// The entry that records the result again. It claims the same run, so a result that is stored already is a
    /// duplicate; its nonce is a new one.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn entry(self) -> Result<Entry, ImportError> {
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
        Ok(Entry { collection, subject, nonce, record, arrived })
    }
}

impl<S: fmt::Display> fmt::Display for ExportError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl<S: Error> Error for ExportError<S> {}

impl<S> From<io::Error> for ExportError<S> {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(part) => write!(f, "its {part} is empty or too long"),
            Self::Run => f.write_str("its run_id is empty or too long, or its run_attempt is not 1 to 9999"),
            Self::Collection => f.write_str("its collection is empty or has a # in it"),
            Self::Arrived => f.write_str("its arrived is no RFC 3339 time since 1970"),
        }
    }
}

impl Error for ImportError {}
