//! What a provider says: a badge, or what it needs first.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Failure, Query, Record, Request};

/// What a provider worked out. What it leaves open, the manifest's defaults fill in.
///
/// ```
/// let badge = badgesmith_provider::Badge::new("13.0.4").color("blue");
/// assert_eq!(badge.message, "13.0.4");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// The left half, instead of the manifest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The right half.
    pub message: String,
    /// The right half's colour: a name, `#rgb`, `#rrggbb` or a CSS colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The left half's colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_color: Option<String>,
    /// A known logo's name, instead of the manifest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_logo: Option<String>,
}

impl Badge {
    /// A badge that says `message` and leaves the rest to the manifest.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Sets the right half's colour.
    #[must_use]
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.color = Some(color.into());
        self
    }

    /// Sets the left half.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

/// What happens next.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Ask these, all at once, and call again with the answers behind those of before.
    Fetch(Vec<Request>),
    /// Ask the host's store for records, and call again with the answer.
    Latest(Box<Query>),
    /// The badge is finished.
    Done(Badge),
    /// The report is this record.
    Record(Record),
    /// The redirect leads to this absolute address.
    Redirect(String),
    /// There will be no usual end.
    Fail(Failure),
}

/// One thing a step asks, of an upstream or of the host's store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// Records of the store.
    Latest(Query),
    /// An upstream's answer.
    Fetch(Request),
}

/// As a transcript writes it.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(request) => request.fmt(f),
            Self::Latest(query) => query.fmt(f),
        }
    }
}

impl From<Failure> for Step {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

impl From<Badge> for Step {
    fn from(badge: Badge) -> Self {
        Self::Done(badge)
    }
}
