//! The cache of finished badges, with single flight and a timeout. Provider badges and document badges share it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, select},
};

use super::{broken::Broken, outcome::Outcome};
use crate::{
    badge_content::BadgeContent,
    bounded::Bounded,
    fetch::marks::Marks,
    flight::{CancellableFlights, Flights},
    response::CacheState,
    world::Executor,
};

/// How long a caller waits at most: image proxies time out after four seconds.
pub(crate) const CALLER_PATIENCE: Duration = Duration::from_millis(3500);

/// The engine's own work ended without a badge.
const BROKE_OFF: Broken = Broken::Engine("making a badge broke off");

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
    /// The marks that make badges stale before they expire.
    marks: Arc<Marks>,
}

/// A badge that was made, or the last part of the work that is still to be done.
pub(crate) enum Made {
    Whole(Arc<Outcome<BadgeContent>>),
    /// The last part of the work, which goes on when its last caller leaves.
    Rest(BoxFuture<'static, Making>),
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
    /// A cache of this size in bytes, whose badges these marks make stale.
    pub(crate) fn new(bytes: u64, executor: Arc<dyn Executor>, marks: Arc<Marks>) -> Self {
        let (flights, cancellable) = (Flights::new(), CancellableFlights::new());
        Self { badges: Bounded::new(bytes), flights, cancellable, executor, marks }
    }

    /// The badge: from the cache, from a flight, or from `make`, which is started once for all callers and goes on when
    /// they leave.
    pub(crate) async fn get(
        self: &Arc<Self>,
        query: BadgeQuery<'_>,
        make: impl Fn() -> BoxFuture<'static, Making> + Send + Sync,
    ) -> Served {
        let work = || self.keeping(query.key, make());
        let serve = || self.serve(&query, |cached| self.flights.join(query.key, &*self.executor, cached, work).boxed());
        let served = serve().await;
        if served.making.as_ref().is_ok_and(|badge| self.marks.are_stale(&badge.sources)) {
            // A mark that was made while the badge was being made made it stale.
            return serve().await;
        }
        served
    }

    /// The same, but `make` is cancelled when all callers leave. Only the last part of it goes on.
    pub(crate) async fn get_cancellable(
        self: &Arc<Self>,
        query: BadgeQuery<'_>,
        make: impl FnOnce() -> BoxFuture<'static, Result<Made, Broken>> + Send,
    ) -> Served {
        let work = || {
            let (this, key, make) = (Arc::clone(self), query.key.to_owned(), make());
            let work = async move {
                // Earlier callers, who have left, may have started the last part already.
                if let Some(last_part) = this.flights.under_way(&key) {
                    return last_part.await.unwrap_or(Err(BROKE_OFF));
                }
                let last_part = match make.await? {
                    Made::Whole(badge) => return this.keep(&key, badge),
                    Made::Rest(last_part) => last_part,
                };
                let work = || this.keeping(&key, last_part);
                this.flights.join(&key, &*this.executor, || None, work).await.unwrap_or(Err(BROKE_OFF))
            };
            work.boxed()
        };
        self.serve(&query, |cached| self.cancellable.join(query.key, cached, work).boxed()).await
    }

    /// The badge in the cache, or the result of the flight that `join` joins unless the badge is cached by then.
    async fn serve<'a>(
        &'a self,
        query: &BadgeQuery<'a>,
        join: impl FnOnce(Box<dyn FnOnce() -> Option<Making> + Send + 'a>) -> BoxFuture<'a, Option<Making>>,
    ) -> Served {
        let BadgeQuery { key, plugin, badge, now, late } = *query;
        let is_valid = move |badge: &Outcome<BadgeContent>| {
            badge.valid_until.is_some_and(|until| now < until) && !self.marks.are_stale(&badge.sources)
        };
        let cached = move || self.badges.get(key).filter(|badge| is_valid(badge));
        if let Some(badge) = cached() {
            return Served { making: Ok(badge), cache: CacheState::Kept, waited: Duration::ZERO };
        }
        let joined = self.executor.clock();
        let flight = join(Box::new(move || cached().map(Ok)));
        let making = match select(flight, self.executor.sleep(CALLER_PATIENCE)).await {
            Either::Left((making, _)) => making.unwrap_or(Err(BROKE_OFF)),
            Either::Right(_) => Ok(Arc::new(Outcome::late(late(), CALLER_PATIENCE))),
        };
        let mut served = Served::made(making);
        // A caller that joined a flight waited only for the rest of it.
        served.waited = served.waited.min(self.executor.clock().saturating_sub(joined));
        if let Some(age_seconds) = served.making.as_ref().ok().and_then(|outcome| outcome.stale_seconds) {
            tracing::warn!(plugin, badge, age_seconds, "a stale badge is served");
            served.cache = CacheState::Stale;
        }
        served
    }

    /// The same work; its badge is put into the cache when it is done.
    fn keeping(self: &Arc<Self>, key: &str, making: BoxFuture<'static, Making>) -> BoxFuture<'static, Making> {
        let (this, key) = (Arc::clone(self), key.to_owned());
        async move { this.keep(&key, making.await?) }.boxed()
    }

    /// Removes all badges.
    pub(crate) fn clear(&self) {
        self.badges.clear();
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
