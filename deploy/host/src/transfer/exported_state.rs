//! A state as a JSON line.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{LONGEST_SEQUENCE, Subject};
use badgesmith_provider::{FoundState, State, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::import_error::ImportError;

/// An exported state: its subject, its sequence and fields, when it was written, and when it expires, if it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedState {
    collection: String,
    owner: String,
    repo: String,
    platform: String,
    branch: String,
    sequence: Vec<u64>,
    fields: Map<String, Value>,
    written: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl ExportedState {
    /// An exported state. `expires`, in seconds since 1970, is `None` if it does not expire.
    pub(super) fn new(collection: String, subject: &Subject, state: FoundState, expires: Option<u64>) -> Self {
        let time = |ms| Timestamp::nearest(ms).to_string();
        let expires = expires.map(|seconds| time(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)));
        Self {
            collection,
            owner: subject.owner().to_owned(),
            repo: subject.repo().to_owned(),
            platform: subject.platform().to_owned(),
            branch: subject.branch().to_owned(),
            sequence: state.sequence,
            fields: state.fields,
            written: time(state.written_ms),
            expires,
        }
    }

    /// The state, and when it was written first, from which its time to live counts.
    pub(super) fn imported(self) -> Result<(State, SystemTime), ImportError> {
        let Self { collection, owner, repo, platform, branch, sequence, fields, written, expires } = self;
        Subject::new(&owner, &repo, &platform, &branch).map_err(ImportError::Subject)?;
        if collection.is_empty() || collection.contains('#') {
            return Err(ImportError::Collection);
        }
        if !(1..=LONGEST_SEQUENCE).contains(&sequence.len()) {
            return Err(ImportError::Sequence);
        }
        let written = milliseconds(&written)?;
        let life_seconds = match expires {
            // Whole seconds, as stores count them: the second of the expiry minus the second in which the state was
            // written.
            Some(expires) => {
                let life = (milliseconds(&expires)? / 1000).saturating_sub(written / 1000);
                Some(u32::try_from(life).unwrap_or(u32::MAX))
            }
            None => None,
        };
        let state = State { collection, owner, repo, platform, branch, sequence, fields, life_seconds };
        Ok((state, SystemTime::UNIX_EPOCH + Duration::from_millis(written)))
    }
}

fn milliseconds(text: &str) -> Result<u64, ImportError> {
    let time = Timestamp::parse(text).and_then(|time| u64::try_from(time.as_ms()).ok());
    time.ok_or(ImportError::Written)
}
