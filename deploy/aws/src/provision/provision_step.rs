//! The changes that provisioning has to make.

use std::fmt;

use super::{
    attributes::{EXPIRY, INDEX},
    mapping_provision::MappingStep,
    topic_provision::TopicStep,
};
use crate::queue_provision::QueueStep;

/// One change that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisionStep {
    /// Create the table, with its index if it has one.
    Create(String),
    /// Add the index `GSI1`.
    Index(String),
    /// Switch on the stream of new items.
    Stream(String),
    /// Switch on the deletion of expired items.
    Expire(String),
    /// Switch on point-in-time recovery.
    Recover(String),
    /// List the owners and subjects of results that an earlier version recorded.
    List(String),
    /// Create or change a queue.
    Queue(QueueStep),
    /// Create a topic, or subscribe to it.
    Topic(TopicStep),
    /// Create the event source mapping from a stream or a queue to a function, or change it.
    Mapping(MappingStep),
    /// Create a key with this alias.
    Key(String),
}

impl fmt::Display for ProvisionStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(table) => write!(f, "{table}: create the table"),
            Self::Index(table) => write!(f, "{table}: add the index {INDEX}"),
            Self::Stream(table) => write!(f, "{table}: switch on the stream of new items"),
            Self::Expire(table) => write!(f, "{table}: delete what is expired, by {EXPIRY}"),
            Self::Recover(table) => write!(f, "{table}: switch on point-in-time recovery"),
            Self::Queue(step) => step.fmt(f),
            Self::Topic(step) => step.fmt(f),
            Self::Mapping(step) => step.fmt(f),
            Self::Key(alias) => write!(f, "{alias}: create the key, which KMS replaces every year, and its alias"),
            Self::List(table) => write!(f, "{table}: list the owners and subjects of the results that are there"),
        }
    }
}

/// The changes that are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionPlan {
    /// The steps in order.
    pub steps: Vec<ProvisionStep>,
    /// Sentences about features that this endpoint does not have.
    pub notes: Vec<String>,
}
