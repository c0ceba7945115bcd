//! A query for the records of one subject: an owner, a repository, a platform and a branch.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A query for records, the newest first. Its answer is a JSON array of [`crate::Record`]s, empty if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The collection; plugins.toml grants it.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The platform it ran on.
    pub platform: String,
    /// The branch.
    pub branch: String,
    /// The largest number of records to return, 1 to 100.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub last: u32,
    /// The earliest time of a record to return, in milliseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
}

impl Query {
    /// Requests up to this many records instead of one.
    #[must_use]
    pub fn last(mut self, records: u32) -> Self {
        self.last = records;
        self
    }

    /// Leaves out records from before this time, in milliseconds since 1970, UTC.
    #[must_use]
    pub fn since(mut self, timestamp_ms: i64) -> Self {
        self.since_ms = Some(timestamp_ms);
        self
    }
}

/// The query as a transcript writes it: `test-results: the last 1 of acme/tools on linux at main`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, owner, repo, platform, branch, last, since_ms } = self;
        write!(f, "{collection}: the last {last} of {owner}/{repo} on {platform} at {branch}")?;
        since_ms.map_or(Ok(()), |since| write!(f, " since {since}"))
    }
}

/// The name in lower case, as owners, repositories, platforms and branches are compared.
///
/// Each character is converted separately, so that its neighbours do not matter: `str::to_lowercase` converts a Greek
/// capital sigma differently at the end of a word.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(last: &u32) -> bool {
    *last == 1
}
