//! A state: the current value of something that changes, such as a running workflow or a repository.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A state of a subject. The host keeps the one with the greatest sequence, whatever the order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The collection; the manifest's hook lists it.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part of the repository that it is about.
    pub platform: String,
    /// The branch, or another name that distinguishes the states of a part.
    pub branch: String,
    /// One to four numbers, which are compared from left to right: a state replaces a state with a smaller sequence.
    pub sequence: Vec<u64>,
    /// The data that the provider wants to read again.
    pub fields: Map<String, Value>,
    /// The time to live in seconds; without it, the state does not expire. A state that expires is not listed among the
    /// subjects of its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_seconds: Option<u32>,
}

/// A query for the states of a repository, of a part of it, or of one subject. Its answer is a JSON array of
/// [`FoundState`]s, at most 256, ordered by part and branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateQuery {
    /// The collection; plugins.toml grants it.
    #[serde(rename = "states")]
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part; without it, the states of every part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The branch; without it, the states of every branch. A query with a branch has a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// A state in the host's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundState {
    /// The part, case-folded.
    pub platform: String,
    /// The branch, case-folded.
    pub branch: String,
    /// Its sequence.
    pub sequence: Vec<u64>,
    /// Its fields.
    pub fields: Map<String, Value>,
    /// When it was written, in milliseconds since 1970, UTC.
    pub written_ms: i64,
}

impl StateQuery {
    /// A query for the states of a repository.
    pub fn of(collection: impl Into<String>, owner: impl Into<String>, repo: impl Into<String>) -> Self {
        Self { collection: collection.into(), owner: owner.into(), repo: repo.into(), ..Self::default() }
    }

    /// Leaves out the states of other parts.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Leaves out the states of other branches.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }
}

/// The query as a transcript writes it: `workflow: states of acme/tools on ci.yml at main`.
impl fmt::Display for StateQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, owner, repo, platform, branch } = self;
        write!(f, "{collection}: states of {owner}/{repo}")?;
        platform.as_ref().map_or(Ok(()), |platform| write!(f, " on {platform}"))?;
        branch.as_ref().map_or(Ok(()), |branch| write!(f, " at {branch}"))
    }
}
