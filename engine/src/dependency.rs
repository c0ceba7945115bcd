//! The health of what reports depend on, the store and the secrets: checked at most once in ten seconds, however many ask.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::future::{BoxFuture, Either, select};

use crate::{flight::Flights, store::Ill, world::Executor};

/// For how long what a dependency said is said again: strangers may ask all the time, and each question may be a write to
/// a disk or calls that are paid for.
const SAID_AGAIN: Duration = Duration::from_secs(10);
/// How long it may take to say how it is.
const PATIENCE: Duration = Duration::from_millis(2500);

/// One dependency, and how it was.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: &'static str,
    flights: Flights<State>,
    seen: Arc<Mutex<Seen>>,
}

/// How it is: since when it is ill, if it is.
pub(crate) type State = Option<SystemTime>;

#[derive(Debug, Default)]
struct Seen {
    /// When it was asked last.
    asked: Option<SystemTime>,
    ill_since: State,
}

impl Dependency {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, flights: Flights::new(), seen: Arc::default() }
    }

    /// How it is, as `check` says or said a moment ago.
    pub(crate) async fn ask(
        &self,
        now: SystemTime,
        executor: &Arc<dyn Executor>,
        check: impl FnOnce() -> BoxFuture<'static, Result<(), Ill>> + Send + 'static,
    ) -> State {
        if let Some(state) = self.said(now) {
            return state;
        }
        let (name, seen, waiting) = (self.name, Arc::clone(&self.seen), Arc::clone(executor));
        let asked = self.flights.join(
            self.name,
            &**executor,
            || self.said(now),
            || {
                Box::pin(async move {
                    let said = match select(check(), waiting.sleep(PATIENCE)).await {
                        Either::Left((said, _)) => said,
                        Either::Right(_) => {
                            Err(Ill { fault: "it took too long to say how it is".to_owned(), since: None })
                        }
                    };
                    note(&seen, name, said, now)
                })
            },
        );
        // Work that broke off is no good sign.
        asked.await.unwrap_or(Some(now))
    }

    /// Forgets what it said: something that it was needed for went wrong.
    pub(crate) fn doubt(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).asked = None;
    }

    /// What it said a moment ago.
    fn said(&self, now: SystemTime) -> Option<State> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that goes back makes it be asked again.
        let age = seen.asked.and_then(|asked| now.duration_since(asked).ok());
        age.is_some_and(|age| age < SAID_AGAIN).then_some(seen.ill_since)
    }
}

/// Notes what was said at `now`.
fn note(seen: &Mutex<Seen>, name: &str, said: Result<(), Ill>, now: SystemTime) -> State {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.asked = Some(now);
    seen.ill_since = match said {
        Ok(()) => None,
        Err(Ill { fault, since }) => {
            tracing::error!(dependency = name, fault, "reports cannot be taken");
            Some(since.or(seen.ill_since).unwrap_or(now))
        }
    };
    seen.ill_since
}
