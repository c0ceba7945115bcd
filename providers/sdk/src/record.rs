//! What a report becomes, and how records are asked for again.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Timestamp;

/// One run's result, as a provider made it of a verified report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which run this is: with the attempt it is recorded once; 1 to 128 bytes.
    pub run_id: String,
    /// Which attempt of the run, 1 to 9999.
    pub run_attempt: u32,
    /// When it ran: the record with the latest time is the newest one, whatever the order of arrival.
    pub timestamp_ms: Timestamp,
    /// Whatever the provider wants to read again.
    pub fields: Map<String, Value>,
}

/// A question for records, the newest first. Its answer is a JSON array of [`Record`]s, empty if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The collection; plugins.toml grants it.
    pub collection: String,
    /// Who owns the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// What it ran on.
    pub platform: String,
    /// The branch.
    pub branch: String,
    /// At most so many: 1 to 100.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub last: u32,
    /// None before this time, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
}

impl Query {
    /// The newest record of the subject that the call's `owner`, `repo`, `platform` and `branch` name.
    pub fn latest(collection: impl Into<String>, call: &crate::Call) -> Self {
        let param = |name| call.param(name).to_owned();
        Self {
            collection: collection.into(),
            owner: param("owner"),
            repo: param("repo"),
            platform: param("platform"),
            branch: param("branch"),
            last: 1,
            since_ms: None,
        }
    }

    /// At most so many records instead of one.
    #[must_use]
    pub fn last(mut self, records: u32) -> Self {
        self.last = records;
        self
    }

    /// None before this time, in milliseconds since 1970.
    #[must_use]
    pub fn since(mut self, timestamp_ms: i64) -> Self {
        self.since_ms = Some(timestamp_ms);
        self
    }
}

/// The question as a transcript writes it: `test-results: the last 1 of acme/tools on linux at main`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, owner, repo, platform, branch, last, since_ms } = self;
        write!(f, "{collection}: the last {last} of {owner}/{repo} on {platform} at {branch}")?;
        since_ms.map_or(Ok(()), |since| write!(f, " since {since}"))
    }
}

/// A name as it is compared: without regard to case. Every owner, repo, platform and branch goes through here.
///
/// Character by character, so that a letter's neighbours do not matter (a Greek capital sigma at the end of a word has
/// another small letter than one inside).
///
/// ```
/// assert_eq!(badgesmith_provider::fold("Feature/ÄΣ"), "feature/äσ");
/// ```
pub fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_one(last: &u32) -> bool {
    *last == 1
}
