//! A request to an upstream, with the names under which its answer is cached, limited and logged.

use std::time::{Duration, SystemTime};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use crate::{
    origin::Origin,
    world::{Ask, Executor},
};

/// A request to an upstream.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamRequest {
    /// The key of its answer in the cache.
    pub(crate) key: String,
    /// What the upstream's rate limit counts: the origin, or an owner's secret there; on the web one address.
    pub(crate) token: String,
    /// What the log calls it.
    pub(crate) shown: String,
    /// Who asks, for metrics: a plugin's id, or `web`.
    pub(crate) client: String,
    pub(crate) origin: Origin,
    /// The request, as yet without conditions.
    pub(crate) ask: Ask,
    pub(crate) freshness: Freshness,
}

/// How long the answers of one badge are fresh, and how long after that they may still be used where they cannot be
/// renewed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    pub(crate) fresh: Duration,
    pub(crate) stale: Duration,
}

/// Whether upstreams may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Cached answers first, then upstreams.
    Ask,
    /// Cached answers alone, however old.
    CachedOnly,
}

/// When a call stops waiting for answers.
pub(crate) type Deadline = Shared<BoxFuture<'static, ()>>;

/// One pass of a call over its requests.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) now: SystemTime,
    pub(crate) mode: Mode,
    pub(crate) deadline: Deadline,
}

impl Pass {
    /// A pass that may ask upstreams, and waits so long for all of them together.
    pub(crate) fn new(now: SystemTime, executor: &dyn Executor, patience: Duration) -> Self {
        Self { now, mode: Mode::Ask, deadline: executor.sleep(patience).shared() }
    }

    /// The same on cached answers alone.
    pub(crate) fn cached_only(&self) -> Self {
        Self { mode: Mode::CachedOnly, ..self.clone() }
    }
}
