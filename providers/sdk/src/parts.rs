//! A query for the newest records of every part of a branch, and its answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::Record;

/// A query for the newest records of every part of a branch. Its answer is [`FoundParts`]. The manifest requires
/// `parts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartsQuery {
    /// The collection; plugins.toml grants it.
    #[serde(rename = "parts")]
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The branch.
    pub branch: String,
    /// The largest number of records of each part, 1 to 10.
    pub last: u32,
    /// The names of the fields that the records of the answer contain, 1 to 16; all others are left out.
    pub fields: Vec<String>,
}

/// The query as a transcript writes it.
impl fmt::Display for PartsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, owner, repo, branch, last, fields } = self;
        let fields = fields.join(" and ");
        write!(f, "{collection}: the last {last} of every part of {owner}/{repo} at {branch}, {fields}")
    }
}

/// The parts of a branch that have records, ordered by part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundParts {
    /// The parts, at most 64.
    pub found: Vec<PartRecords>,
    /// A lower bound on the number of further parts of the branch, which are left out.
    pub omitted: u32,
}

/// The newest records of a part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartRecords {
    /// The part, case-folded.
    pub platform: String,
    /// Its records, the newest first; at least one.
    pub records: Vec<Record>,
}
