//! The result of a webhook's delivery: records, states, and marks that make cached answers stale.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::{record::Record, state::State};

/// The result of one delivery. Everything in it has to be about the repository that the delivery names; the host checks
/// that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// Records of things that have ended, such as runs. The same run and attempt of a subject is recorded only once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<DeliveredRecord>,
    /// States of things that change, such as a running workflow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// The things about which cached answers of upstreams are stale, so that they are fetched again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<About>,
    /// Whether the provider does not read this event.
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

/// The subject of an upstream's answer: something of an owner's, such as a repository.
///
/// A request names the subject of its answer ([`crate::Request::about`]); a delivery names subjects whose cached
/// answers are stale.
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
