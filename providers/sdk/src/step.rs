//! A step: the return value of a provider, which is the end of the call or the requests that it needs first.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure, hook::Delivered, parts::PartsQuery, query::Query, record::Record, request::Request,
    state::StateQuery,
};

/// A finished badge. The manifest's defaults apply to the fields that it leaves out.
///
/// ```
/// let badge = badgesmith_provider::Badge::new("13.0.4").color("blue");
/// assert_eq!(badge.message, "13.0.4");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// The text of the left half, instead of the manifest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The text of the right half.
    pub message: String,
    /// The colour of the right half: a name, `#rgb`, `#rrggbb` or a CSS colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The colour of the left half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_color: Option<String>,
    /// The name of a known logo, instead of the manifest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_logo: Option<String>,
}

impl Badge {
    /// A badge with this message that leaves the rest to the manifest.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Sets the colour of the right half.
    #[must_use]
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.color = Some(color.into());
        self
    }

    /// Sets the text of the left half.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

/// What the host does next.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Send these requests, all at once, and repeat the call with their answers appended.
    Fetch(Vec<Request>),
    /// Ask the host's store for records, and repeat the call with the answer appended.
    Latest(Box<Query>),
    /// Ask the host's store for states, and repeat the call with the answer appended.
    States(Box<StateQuery>),
    /// Ask the host's store for the records of every part, and repeat the call with the answer appended.
    Parts(Box<PartsQuery>),
    /// Draw this badge: the call has ended.
    Done(Badge),
    /// Store this record, which the report became: the call has ended.
    Record(Record),
    /// Write the result of a delivery: the call has ended.
    Delivered(Box<Delivered>),
    /// Redirect to this absolute address: the call has ended.
    Redirect(String),
    /// Show this failure: the call has ended.
    Fail(Failure),
}

/// One thing that a provider requests: an answer of an upstream, or records or states of the host's store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// Records of the host's store.
    Latest(Query),
    /// States of the host's store.
    States(StateQuery),
    /// Records of every part of a branch, of the host's store.
    Parts(PartsQuery),
    /// The answer of an upstream.
    Fetch(Request),
}

/// The text that stands for it in a transcript.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(request) => request.fmt(f),
            Self::Latest(query) => query.fmt(f),
            Self::States(query) => query.fmt(f),
            Self::Parts(query) => query.fmt(f),
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
