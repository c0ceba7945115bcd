//! A request to an upstream, with the names under which its answer is cached, limited and logged.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::SentWith;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::{private_rule::PrivateRule, token_pool::ServerTokens, visibility_notes::Noted};
use crate::{
    origin::Origin,
    world::{Ask, Executor},
};

/// A request to an upstream.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamRequest {
    /// The key of its answer in the cache.
    pub(crate) key: String,
    /// The key that rate limits are counted by: the origin, or an owner's secret at that origin; on the web, the
    /// address.
    pub(crate) rate_limit_key: String,
    /// Its name in the log.
    pub(crate) log_name: String,
    /// For metrics: the plugin's id, or `web`.
    pub(crate) client: String,
    pub(crate) origin: Origin,
    /// The HTTP request, without conditional headers; without a secret too if there are `tokens`.
    pub(crate) ask: Ask,
    /// The server's own tokens, one of which it is sent with.
    pub(crate) tokens: Option<ServerTokens>,
    /// The rule for private data in its answer, if the request carries a secret.
    pub(crate) private: Option<PrivateRule>,
    /// Whether the request may be sent again if it is unknown whether the first one arrived.
    pub(crate) is_repeatable: bool,
    /// The repository whose visibility the answer may say, if that is noted.
    pub(crate) noted: Option<Noted>,
    /// The subject of its answer: the key of the marks that make the answer stale.
    pub(crate) about: Option<Arc<str>>,
    pub(crate) freshness: Freshness,
}

impl UpstreamRequest {
    /// Whose secret it carries.
    pub(crate) fn sent_with(&self) -> Option<SentWith> {
        let own = self.ask.credential.as_ref().map(|credential| credential.whose);
        own.or_else(|| self.tokens.as_ref().map(|_| SentWith::Server))
    }
}

/// How long the answers of a badge are fresh, and how long after that a stale answer may be used if the upstream fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    pub(crate) fresh: Duration,
    pub(crate) stale: Duration,
}

/// Whether requests to upstreams may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Fresh answers from the cache, others from upstreams.
    Ask,
    /// Answers from the cache only, of any age.
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
    /// A pass that may send requests, and that waits this long for all of them together.
    pub(crate) fn new(now: SystemTime, executor: &dyn Executor, patience: Duration) -> Self {
        Self { now, mode: Mode::Ask, deadline: executor.sleep(patience).shared() }
    }

    /// The same pass with cached answers only.
    pub(crate) fn cached_only(&self) -> Self {
        Self { mode: Mode::CachedOnly, ..self.clone() }
    }
}
