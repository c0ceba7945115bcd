//! The outcome of a call, and how long it is valid.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Failure;

use crate::{fetch::marks::Source, store::Subject};

/// The outcome of a call or of a document badge. It is cached for as long as the answers that it depends on are fresh.
#[derive(Clone, Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) result: Result<T, Failure>,
    /// The newest `Last-Modified` among the answers.
    pub(crate) last_modified: Option<SystemTime>,
    /// When it expires; `None` if it must not be cached.
    pub(crate) valid_until: Option<SystemTime>,
    /// Whether it depends on answers of upstreams.
    pub(crate) asked_upstream: bool,
    /// The age of the oldest stale answer, in seconds; `None` if all were fresh.
    pub(crate) stale_seconds: Option<u64>,
    /// The answers that it depends on and that a mark can make stale.
    pub(crate) sources: Vec<Source>,
    /// How long the call waited for upstreams.
    pub(crate) waited: Duration,
    /// The last query for records of a collection that has a series.
    pub(crate) read: Option<Box<ReadRecords>>,
}

/// The collection and the subject whose records a call read.
#[derive(Clone, Debug)]
pub(crate) struct ReadRecords {
    pub(crate) collection: String,
    pub(crate) subject: Subject,
}

impl<T> Outcome<T> {
    /// A failure that depends on no answer.
    pub(crate) const fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            last_modified: None,
            valid_until: None,
            asked_upstream: false,
            stale_seconds: None,
            sources: Vec::new(),
            waited: Duration::ZERO,
            read: None,
        }
    }

    /// The failure after a timeout; `waited` is how long the caller waited for upstreams.
    pub(crate) fn late(failure: Failure, waited: Duration) -> Self {
        Self { asked_upstream: true, waited, ..Self::failed(failure) }
    }

    /// The same with what `map` makes of a result.
    pub(crate) fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Outcome<U>, E> {
        Ok(Outcome {
            result: self.result.map(map).map_or_else(|failure| Ok(Err(failure)), |mapped| mapped.map(Ok))?,
            last_modified: self.last_modified,
            valid_until: self.valid_until,
            asked_upstream: self.asked_upstream,
            stale_seconds: self.stale_seconds,
            sources: self.sources,
            waited: self.waited,
            read: self.read,
        })
    }
}
