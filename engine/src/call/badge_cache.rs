//! Finished badges: cached, under way already, or made now. Provider badges and document badges share it.

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

/// How long a caller waits at the most: image proxies give up after four seconds.
pub(crate) const CALLER_PATIENCE: Duration = Duration::from_millis(3500);

/// What making a badge came to.
pub(crate) type Making = Result<Arc<Outcome<BadgeContent>>, Broken>;

/// The cache of finished badges, with a single flight for each key.
pub(crate) struct BadgeCache {
    badges: Bounded<Outcome<BadgeContent>>,
    /// Work that goes on when no caller waits for it any more.
    flights: Flights<Making>,
    /// Work that is cancelled when no caller waits for it any more.
    cancellable: CancellableFlights<Making>,
    executor: Arc<dyn Executor>,
}

/// What becomes of work that no caller waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    GoesOn,
    IsCancelled,
}

/// A badge that is asked for.
pub(crate) struct BadgeQuery<'a> {
    /// What makes two badges the same.
    pub(crate) key: &'a str,
    /// Who makes it, for the log: a plugin's id, or `web`.
    pub(crate) plugin: &'a str,
    /// The badge's name in the manifest, or the address of a document badge.
    pub(crate) badge: &'a str,
    pub(crate) now: SystemTime,
    pub(crate) abandoned: Abandoned,
    /// What a caller is told who waited too long.
    pub(crate) late: fn() -> Failure,
}

/// A badge as one caller gets it.
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
    /// A badge that was made for this caller alone.
    pub(crate) fn made(making: Making) -> Self {
        // How long a call that broke waited is not known.
        let waited = making.as_ref().map_or(Duration::ZERO, |outcome| outcome.waited);
        Self { making, cache: CacheState::Made, waited }
    }
}

impl BadgeCache {
    /// A cache of so many bytes.
    pub(crate) fn new(bytes: u64, executor: Arc<dyn Executor>) -> Self {
        Self { badges: Bounded::new(bytes), flights: Flights::new(), cancellable: CancellableFlights::new(), executor }
    }

    /// The badge: from the cache, from work under way, or from `make`, which is begun once for all callers.
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
        // A caller who joined work under way waited for the rest of it only.
        served.waited = served.waited.min(self.executor.clock().saturating_sub(joined));
        if let Some(age_seconds) = served.making.as_ref().ok().and_then(|outcome| outcome.stale_seconds) {
            let BadgeQuery { plugin, badge, .. } = query;
            tracing::warn!(plugin, badge, age_seconds, "a stale badge is served");
            served.cache = CacheState::Stale;
        }
        served
    }

    /// A part of making a badge that goes on when no caller waits for it any more, and is not begun a second time.
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

    /// A part of making the badge that is under way although its first callers left.
    pub(crate) async fn under_way(&self, key: &str) -> Option<Making> {
        let making = self.flights.under_way(key)?.await;
        Some(making.unwrap_or(Err(Broken::Engine("making a badge broke off"))))
    }

    /// How many badges the cache holds, and how many bytes.
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
