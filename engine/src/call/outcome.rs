//! What a call came to, and how long that holds.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Failure;

/// What a call came to, or what was made of a document. It is cached for as long as the answers it rests on are fresh.
#[derive(Clone, Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) result: Result<T, Failure>,
    /// The newest `Last-Modified` among the answers.
    pub(crate) last_modified: Option<SystemTime>,
    /// Until when it holds; `None` where it holds for this request only.
    pub(crate) valid_until: Option<SystemTime>,
    /// Whether it rests on an upstream's answers.
    pub(crate) asked_upstream: bool,
    /// The age of the oldest answer that could not be renewed, in seconds.
    pub(crate) stale_seconds: Option<u64>,
    /// How long upstreams kept the call waiting.
    pub(crate) waited: Duration,
}

impl<T> Outcome<T> {
    /// A failure that rests on no answer.
    pub(crate) const fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            last_modified: None,
            valid_until: None,
            asked_upstream: false,
            stale_seconds: None,
            waited: Duration::ZERO,
        }
    }

    /// The failure of a caller who waited so long for upstreams in vain.
    pub(crate) fn late(failure: Failure, waited: Duration) -> Self {
        Self { asked_upstream: true, waited, ..Self::failed(failure) }
    }

    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Outcome<U> {
        Outcome {
            result: self.result.map(map),
            last_modified: self.last_modified,
            valid_until: self.valid_until,
            asked_upstream: self.asked_upstream,
            stale_seconds: self.stale_seconds,
            waited: self.waited,
        }
    }
}
