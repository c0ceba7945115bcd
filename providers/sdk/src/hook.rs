//! What a delivery of a webhook becomes: records, states, and marks of what is stale.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::{record::Record, state::State};

/// What a provider makes of one delivery. Everything in it has to be about the repository that the delivery names; the
/// host checks that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// What has ended, such as a run. A run and attempt of a subject is recorded once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<DeliveredRecord>,
    /// What changes in place, such as a run under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// What the answers of upstreams no longer say, so that they are asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<About>,
    /// Whether the provider reads no such event.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub ignored: bool,
}

/// A record, with the collection and the subject that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeliveredRecord {
    /// The collection; the manifest's hook lists it.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part of the repository that it is about, such as the file name of a workflow.
    pub platform: String,
    /// The branch.
    pub branch: String,
    /// The record.
    pub record: Record,
}

/// What answers of upstreams are about: something of an owner's, such as a repository.
///
/// A request says what its answer is about ([`crate::Request::about`]); a delivery says what is stale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The owner.
    pub owner: String,
    /// The repository, or something else of the owner's, such as `packages/npm/shop`.
    pub name: String,
}

impl About {
    /// Something of an owner's.
    pub fn new(owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self { owner: owner.into(), name: name.into() }
    }
}

impl Delivered {
    /// The answer to an event that the provider does not read.
    #[must_use]
    pub fn ignored() -> Self {
        Self { ignored: true, ..Self::default() }
    }
}
