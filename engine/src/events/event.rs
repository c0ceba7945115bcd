//! An event, and its JSON.

use badgesmith_provider::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rfc3339;

/// What happened to a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id, which stays the same however often the event is sent.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub name: EventName,
    /// When it was recorded; in JSON a text such as `2026-11-29T12:00:00.000Z`.
    #[serde(with = "rfc3339")]
    pub timestamp: Timestamp,
    /// The number of the event among those of its subject, from 1 on.
    pub sequence: u64,
    /// The subject that it happened to.
    pub subject: EventSubject,
    /// The subject's badge at its previous event; `None` if there was no event before, or if the subject has no badge.
    pub before: Option<BadgeWords>,
    /// The subject's badge now; the same as `before` if the badge cannot be made now.
    pub after: Option<BadgeWords>,
    /// The record, or the fields of the state, that caused the event. Empty for `badge.changed`.
    pub data: Map<String, Value>,
    /// The correlation id of the request that caused it; empty if there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub correlation_id: String,
}

/// The names of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventName {
    /// A report was recorded.
    #[serde(rename = "result.recorded")]
    ResultRecorded,
    /// The text or the colour of the subject's badge differs from before.
    #[serde(rename = "badge.changed")]
    BadgeChanged,
    /// A run of a workflow has ended.
    #[serde(rename = "workflow.completed")]
    WorkflowCompleted,
    /// A repository was renamed, made public or private, or something else about it changed.
    #[serde(rename = "repository.changed")]
    RepositoryChanged,
}

impl EventName {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ResultRecorded, Self::BadgeChanged, Self::WorkflowCompleted, Self::RepositoryChanged];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResultRecorded => "result.recorded",
            Self::BadgeChanged => "badge.changed",
            Self::WorkflowCompleted => "workflow.completed",
            Self::RepositoryChanged => "repository.changed",
        }
    }
}

/// The subject of an event; all of it is case-folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventSubject {
    /// The collection, such as `test-results`.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part, such as a platform or a workflow.
    pub part: String,
    /// The branch.
    pub branch: String,
}

/// A badge in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadgeWords {
    /// The left side.
    pub label: String,
    /// The right side.
    pub message: String,
    /// The colour of the right side, as endpoint JSON names it.
    pub color: String,
    /// Whether the badge counts as failing: the newest run failed. If the runs of this collection neither fail nor
    /// pass, a red badge counts as failing.
    #[serde(default)]
    pub is_failing: bool,
}
