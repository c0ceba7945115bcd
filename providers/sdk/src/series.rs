//! Series: how the records of a collection are counted and drawn in trends, charts and lists.

use serde::{Deserialize, Serialize};

/// How the records of a collection become points of a trend or a chart. Every member but the first two names a member
/// of [`crate::Record::fields`]; a member that a record lacks is not drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Series {
    /// The collection.
    pub collection: String,
    /// Its name in addresses, such as `tests` in `/charts/tests/…`; by default the collection's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its numbers count, such as `tests`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The field with the number of passed items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<String>,
    /// The field with the number of failed items: a record in which it is above 0 is red.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The field with the number of skipped items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The field with a number that is drawn as a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The field with the word for the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The words for a success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub good: Vec<String>,
    /// The words for a failure. Any other word is neither.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<String>,
    /// The field with the duration, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The field with the address of a page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The part, owner, repository and branch in the examples of its addresses, such as `ci.yml/acme/tools/main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// An address of a chart beside `/charts/{collection}/{part}/{owner}/{repo}/{branch…}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChartRoute {
    /// Its route, with the parameters `owner` and `repo`; it begins with `/charts/`.
    pub route: String,
    /// The collection; the manifest has a series of it.
    pub collection: String,
    /// The part whose records it draws.
    pub platform: String,
    /// The branch whose records it draws.
    pub branch: String,
    /// The field with the number that is drawn as a line.
    pub value: String,
    /// The title of the chart.
    pub label: String,
    /// One sentence about it.
    pub summary: String,
    /// An example of its address.
    pub example: String,
}
