//! The health of the store and the secrets, on which reports depend. A check's outcome is cached for ten seconds, and
//! concurrent callers share one check.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::future::{BoxFuture, Either, select};

use crate::{flight::Flights, store::Unhealthy, world::Executor};

/// How long the outcome of a check is cached. Anybody can request `/health`, and each check may write to a disk or make
/// calls that cost money.
const CACHED: Duration = Duration::from_secs(10);
/// How long a check may take.
const PATIENCE: Duration = Duration::from_millis(2500);

/// A dependency, and the outcome of its latest check.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: &'static str,
    flights: Flights<UnhealthySince>,
    latest: Arc<Mutex<LatestCheck>>,
}

/// When a dependency became unhealthy; `None` while it is healthy.
pub(crate) type UnhealthySince = Option<SystemTime>;

#[derive(Debug, Default)]
struct LatestCheck {
    /// When it was made; `None` if its outcome must not be used any more.
    at: Option<SystemTime>,
    unhealthy_since: UnhealthySince,
}

impl Dependency {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, flights: Flights::new(), latest: Arc::default() }
    }

    /// The outcome of a check: the cached one, or that of `check`.
    pub(crate) async fn check(
        &self,
        now: SystemTime,
        executor: &Arc<dyn Executor>,
        check: impl FnOnce() -> BoxFuture<'static, Result<(), Unhealthy>> + Send + 'static,
    ) -> UnhealthySince {
        if let Some(outcome) = self.cached(now) {
            return outcome;
        }
        let (name, latest, timer) = (self.name, Arc::clone(&self.latest), Arc::clone(executor));
        let checked = self.flights.join(
            self.name,
            &**executor,
            || self.cached(now),
            || {
                Box::pin(async move {
                    let outcome = match select(check(), timer.sleep(PATIENCE)).await {
                        Either::Left((outcome, _)) => outcome,
                        Either::Right(_) => {
                            Err(Unhealthy { fault: "the health check timed out".to_owned(), since: None })
                        }
                    };
                    remember(&latest, name, outcome, now)
                })
            },
        );
        // A check that was dropped or panicked counts as a failed one.
        checked.await.unwrap_or(Some(now))
    }

    /// Discards the cached outcome, because the dependency just failed.
    pub(crate) fn invalidate(&self) {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).at = None;
    }

    fn cached(&self, now: SystemTime) -> Option<UnhealthySince> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // If the clock went back, the age is unknown and the outcome is not used.
        let age = latest.at.and_then(|at| now.duration_since(at).ok());
        age.is_some_and(|age| age < CACHED).then_some(latest.unhealthy_since)
    }
}

/// Caches the outcome of a check that was made at `now`, and logs a failed one.
fn remember(
    latest: &Mutex<LatestCheck>,
    name: &str,
    outcome: Result<(), Unhealthy>,
    now: SystemTime,
) -> UnhealthySince {
    let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
    latest.at = Some(now);
    latest.unhealthy_since = match outcome {
        Ok(()) => None,
        Err(Unhealthy { fault, since }) => {
            tracing::error!(dependency = name, fault, "reports cannot be taken");
            Some(since.or(latest.unhealthy_since).unwrap_or(now))
        }
    };
    latest.unhealthy_since
}
