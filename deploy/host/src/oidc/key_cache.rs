//! A cache of the keys of one issuer. The first token makes the server fetch them.
//!
//! They are used for an hour without fetching them again. A token whose key is not among them makes the server fetch
//! them again, at most once a minute, so that tokens with invented key ids do not cause more requests. If the issuer
//! does not answer, the last keys are used for a day: longer than outages usually last, and not forever, since the
//! issuer may have withdrawn a key meanwhile.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Flights,
    proof::Unproven,
    world::{Executor, Upstream},
};

use super::{
    algorithm::{Algorithm, PublicKey},
    discovery::{Unreadable, read_keys},
    key_set::{KeySet, NoKey},
    refusal::wrong,
};

/// How long keys are used without fetching them again.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long keys are used while they cannot be renewed.
const LAST_GOOD: Duration = Duration::from_secs(24 * 60 * 60);
/// The time between two attempts to renew keys.
const BETWEEN: Duration = Duration::from_secs(60);
/// The time between two attempts while there are no keys at all: a client retries for half a minute, and should succeed
/// within that time.
const BETWEEN_FIRST: Duration = Duration::from_secs(10);

/// The keys of an issuer.
pub(super) struct KeyCache {
    issuer: Arc<str>,
    web: Arc<dyn Upstream>,
    executor: Arc<dyn Executor>,
    flights: Flights<()>,
    kept: Arc<Mutex<Kept>>,
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyCache").field(&self.issuer).finish()
    }
}

/// The cached keys and the latest attempt to fetch them.
#[derive(Default)]
struct Kept {
    /// The keys, and when they were read.
    keys: Option<(Arc<KeySet>, SystemTime)>,
    /// When the latest attempt began, and why it failed if it did.
    tried: Option<(SystemTime, Option<Unreadable>)>,
}

impl KeyCache {
    pub(super) fn new(issuer: &str, web: Arc<dyn Upstream>, executor: Arc<dyn Executor>) -> Self {
        Self { issuer: issuer.into(), web, executor, flights: Flights::new(), kept: Arc::default() }
    }

    /// The key of this name for this algorithm, from the issuer if need be.
    ///
    /// # Errors
    /// There is no such key, or no keys can be read.
    pub(super) async fn find(&self, kid: &str, algorithm: Algorithm, now: SystemTime) -> Result<PublicKey, Unproven> {
        if !self.kept().is_fresh(kid, now) {
            self.renew(now).await;
        }
        self.kept().find(kid, algorithm, now, &self.issuer)
    }

    /// Fetches the keys again, once for all callers that wait, unless that was tried a short time ago.
    async fn renew(&self, now: SystemTime) {
        let (issuer, web, kept) = (Arc::clone(&self.issuer), Arc::clone(&self.web), Arc::clone(&self.kept));
        let work = async move {
            // Set before the fetch, so that an attempt that is aborted counts too.
            lock(&kept).tried = Some((now, None));
            let read = read_keys(&issuer, &*web).await;
            let mut kept = lock(&kept);
            match read {
                Ok(keys) => kept.keys = Some((Arc::new(keys), now)),
                Err(unreadable) => {
                    tracing::warn!(issuer = &*issuer, fault = ?unreadable, "the keys of an issuer cannot be read");
                    kept.tried = Some((now, Some(unreadable)));
                }
            }
        };
        let is_early = || (!self.kept().is_due(now)).then_some(());
        self.flights.join(&self.issuer, &*self.executor, is_early, || Box::pin(work)).await;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

impl Kept {
    /// Whether there is a key of this name that is used without fetching the keys again.
    fn is_fresh(&self, kid: &str, now: SystemTime) -> bool {
        self.keys.as_ref().is_some_and(|(keys, read)| between(*read, now) < FRESH && keys.knows(kid))
    }

    fn is_due(&self, now: SystemTime) -> bool {
        let wait = if self.keys.is_some() { BETWEEN } else { BETWEEN_FIRST };
        self.tried.as_ref().is_none_or(|(tried, _)| between(*tried, now) >= wait)
    }

    fn find(&self, kid: &str, algorithm: Algorithm, now: SystemTime, issuer: &str) -> Result<PublicKey, Unproven> {
        let fault = self.tried.as_ref().and_then(|(_, fault)| fault.as_ref());
        let unavailable = || {
            let why = fault.map_or_else(|| "reading them broke off".to_owned(), Unreadable::to_string);
            Err(Unproven::KeysUnavailable(format!("{issuer}: {why}")))
        };
        let Some((keys, _)) = self.keys.as_ref().filter(|(_, read)| between(*read, now) < LAST_GOOD) else {
            return unavailable();
        };
        match keys.find(kid, algorithm) {
            Ok(key) => Ok(key.clone()),
            Err(NoKey::Unfit(why)) => Err(wrong("alg", why)),
            // It may be among the keys that could not be read.
            Err(NoKey::Unknown) if fault.is_some() => unavailable(),
            Err(NoKey::Unknown) => Err(wrong("kid", format!("{issuer} has no key of this name"))),
        }
    }
}

/// The time between two moments, whichever of them is the earlier one: requests do not arrive in the order of their
/// timestamps.
fn between(one: SystemTime, other: SystemTime) -> Duration {
    other.duration_since(one).unwrap_or_else(|error| error.duration())
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
