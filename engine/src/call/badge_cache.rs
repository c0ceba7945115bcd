//! The cache of finished badges, with single flight and a timeout. Provider badges and document badges share it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use futures_util::future::{BoxFuture, Either, select};

use super::{broken::Broken, outcome::Outcome};
use crate::{
    badge_content::BadgeContent,
    bounded::Bounded,
    flight::{CancellableFlights, Flights},
    response::CacheState,
    world::Executor,
};

/// How long a caller waits at most: image proxies time out after four seconds.
pub(crate) const CALLER_PATIENCE: Duration = Duration::from_millis(3500);

/// The outcome of making a badge.
pub(crate) type Making = Result<Arc<Outcome<BadgeContent>>, Broken>;

/// The cache of finished badges, with a single flight for each key.
pub(crate) struct BadgeCache {
    badges: Bounded<Outcome<BadgeContent>>,
    /// Work that goes on when its last caller leaves.
    flights: Flights<Making>,
    /// Work that is cancelled when its last caller leaves.
    cancellable: CancellableFlights<Making>,
    executor: Arc<dyn Executor>,
}

/// What happens to the work when its last caller leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    GoesOn,
    IsCancelled,
}

/// A request for a badge.
pub(crate) struct BadgeQuery<'a> {
    /// The cache key.
    pub(crate) key: &'a str,
    /// The plugin's id for the log, or `web` for a document badge.
    pub(crate) plugin: &'a str,
    /// The badge's name in the manifest, or the address of a document badge.
    pub(crate) badge: &'a str,
    pub(crate) now: SystemTime,
    pub(crate) abandoned: Abandoned,
    /// The failure after the timeout.
    pub(crate) late: fn() -> Failure,
}

/// The outcome for one caller.
pub(crate) struct Served {
    pub(crate) making: Making,
    pub(crate) cache: CacheState,
    /// How long this caller waited for upstreams.
    pub(crate) waited: Duration,
}

impl fmt::Debug for BadgeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BadgeCache")
    }
}

impl Served {
    /// A badge that was made for this caller only.
    pub(crate) fn made(making: Making) -> Self {
        // It is unknown how long a broken call waited.
        let waited = making.as_ref().map_or(Duration::ZERO, |outcome| outcome.waited);
        Self { making, cache: CacheState::Made, waited }
    }
}

impl BadgeCache {
    /// A cache of this size.
    pub(crate) fn new(bytes: u64, executor: Arc<dyn Executor>) -> Self {
        Self { badges: Bounded::new(bytes), flights: Flights::new(), cancellable: CancellableFlights::new(), executor }
    }

    /// The badge: from the cache, from a flight, or from `make`, which is started once for all callers.
    pub(crate) async fn get(
        self: &Arc<Self>,
        query: BadgeQuery<'_>,
        make: impl FnOnce() -> BoxFuture<'static, Making> + Send,
    ) -> Served {
        let BadgeQuery { key, now, .. } = query;
        let cached = || self.badges.get(key).filter(|badge| badge.valid_until.is_some_and(|until| now < until));
        if let Some(badge) = cached() {
            return Served { making: Ok(badge), cache: CacheState::Kept, waited: Duration::ZERO };
        }
        let joined = self.executor.clock();
        let work = || {
            let (this, key, making) = (Arc::clone(self), key.to_owned(), make());
            let work: BoxFuture<'static, Making> = Box::pin(async move { this.keep(&key, making.await?) });
            work
        };
        let cached_badge = || cached().map(Ok);
        let flight: BoxFuture<'_, Option<Making>> = match query.abandoned {
            Abandoned::GoesOn => Box::pin(self.flights.join(key, &*self.executor, cached_badge, work)),
            Abandoned::IsCancelled => Box::pin(self.cancellable.join(key, cached_badge, work)),
        };
        let making = match select(flight, self.executor.sleep(CALLER_PATIENCE)).await {
            Either::Left((Some(making), _)) => making,
            Either::Left((None, _)) => Err(Broken::Engine("making a badge broke off")),
            Either::Right(_) => Ok(Arc::new(Outcome::late((query.late)(), CALLER_PATIENCE))),
        };
        let mut served = Served::made(making);
        // A caller that joined a flight waited only for the rest of it.
        served.waited = served.waited.min(self.executor.clock().saturating_sub(joined));
        if let Some(age_seconds) = served.making.as_ref().ok().and_then(|outcome| outcome.stale_seconds) {
            let BadgeQuery { plugin, badge, .. } = query;
            tracing::warn!(plugin, badge, age_seconds, "a stale badge is served");
            served.cache = CacheState::Stale;
        }
        served
    }

    /// Runs a part of making a badge that goes on when its last caller leaves, and is not started a second time.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        key: &str,
        make: impl FnOnce() -> BoxFuture<'static, Making> + Send,
    ) -> Making {
        let work = || {
            let (this, key, making) = (Arc::clone(self), key.to_owned(), make());
            let work: BoxFuture<'static, Making> = Box::pin(async move { this.keep(&key, making.await?) });
            work
        };
        let finished = self.flights.join(key, &*self.executor, || None, work).await;
        finished.ok_or(Broken::Engine("making a badge broke off"))?
    }

    /// Joins such a part if it is under way; its first callers may have left.
    pub(crate) async fn under_way(&self, key: &str) -> Option<Making> {
        let making = self.flights.under_way(key)?.await;
        Some(making.unwrap_or(Err(Broken::Engine("making a badge broke off"))))
    }

    /// The number of badges in the cache, and their size in bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        self.badges.size()
    }

    fn keep(&self, key: &str, badge: Arc<Outcome<BadgeContent>>) -> Making {
        if badge.valid_until.is_some() {
            self.badges.put(key, Arc::clone(&badge));
        }
        Ok(badge)
    }
}
