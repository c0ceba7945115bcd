//! When no request is sent: the circuit breaker of the origin is open, or a rate-limit hold applies.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use crate::{origin::Origin, world::Fault};

/// After how many consecutive faults a breaker opens. An exchange counts once, retries included.
const FAULTS: u32 = 5;
/// How long a breaker stays open.
const OPEN: Duration = Duration::from_secs(60);
/// From how many different documents the faults must come before a breaker of the web opens.
const WEB_DOCUMENTS: usize = 3;
/// The longest rate-limit hold of a rate-limit key; a longer `Retry-After` is cut to this.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(3600);
/// The longest hold of an address on the web. Any caller can cause a hold, which must not block other callers for long.
pub(crate) const LONGEST_WEB_HOLD: Duration = Duration::from_secs(60);
/// How many holds are remembered.
const MOST_HOLDS: usize = 10_000;
/// How many origins with faults are remembered. Callers can name any number of origins.
const MOST_BREAKERS: usize = 10_000;

/// The circuit breakers of all origins. A breaker opens after five consecutive faults, for a minute. After that one
/// more fault opens it again, and one answer closes it.
#[derive(Debug)]
pub(crate) struct Breakers {
    states: Mutex<HashMap<Origin, Breaker>>,
    /// From how many different documents the faults must come if the origin could be reached.
    documents: usize,
}

/// Whether a fault is counted against the origin or a single document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The origin: no connection could be made.
    Origin,
    /// The document with this hash: the origin was reached, but the exchange failed.
    Document(u64),
}

#[derive(Clone, Debug, Default)]
struct Breaker {
    faults: u32,
    /// How many of the latest consecutive faults are [`Blame::Origin`].
    unreached: u32,
    /// Hashes of different documents that failed, at most [`Breakers::documents`].
    documents: Vec<u64>,
    open_until: Option<SystemTime>,
}

/// A breaker as `/health?deep=1` shows it.
#[derive(Clone, Debug)]
pub(crate) struct BreakerState {
    pub(crate) origin: Origin,
    pub(crate) faults: u32,
    pub(crate) is_open: bool,
}

impl Breakers {
    /// Breakers of upstreams that plugins were granted: any five consecutive faults open one.
    pub(crate) fn of_upstreams() -> Self {
        Self { states: Mutex::default(), documents: 1 }
    }

    /// Breakers of origins that callers name. A caller can choose a document that always fails, so five faults open a
    /// breaker only if the origin could not be reached, or if they come from at least three documents.
    pub(crate) fn of_web() -> Self {
        Self { states: Mutex::default(), documents: WEB_DOCUMENTS }
    }

    /// Whether the breaker of the origin is open at `now`. `has_good_answer` says that this document was fetched
    /// successfully before. On the web, the breaker then counts as closed if failing documents opened it, since those
    /// may be another user's.
    pub(crate) fn is_open(&self, origin: &Origin, has_good_answer: bool, now: SystemTime) -> bool {
        let spares = |breaker: &Breaker| has_good_answer && self.documents > 1 && breaker.unreached < FAULTS;
        self.lock().get(origin).is_some_and(|breaker| breaker.is_open(now) && !spares(breaker))
    }

    /// Counts a fault, and returns whether it opened the breaker.
    pub(crate) fn fault(&self, origin: &Origin, blame: Blame, now: SystemTime) -> bool {
        let mut breakers = self.lock();
        if breakers.len() >= MOST_BREAKERS && !breakers.contains_key(origin) {
            breakers.retain(|_, breaker| breaker.is_open(now));
            if breakers.len() >= MOST_BREAKERS {
                return false;
            }
        }
        let breaker = breakers.entry(origin.clone()).or_default();
        breaker.faults = breaker.faults.saturating_add(1);
        match blame {
            Blame::Origin => breaker.unreached = breaker.unreached.saturating_add(1),
            Blame::Document(document) => {
                breaker.unreached = 0;
                if breaker.documents.len() < self.documents && !breaker.documents.contains(&document) {
                    breaker.documents.push(document);
                }
            }
        }
        let has_evidence = breaker.unreached >= FAULTS || breaker.documents.len() >= self.documents;
        let opens = breaker.faults >= FAULTS && has_evidence && !breaker.is_open(now);
        if opens {
            breaker.open_until = Some(now + OPEN);
        }
        opens
    }

    /// Closes the breaker: the origin answered.
    pub(crate) fn answered(&self, origin: &Origin) {
        self.lock().remove(origin);
    }

    /// Closes all breakers.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// All origins with faults, sorted.
    pub(crate) fn states(&self, now: SystemTime) -> Vec<BreakerState> {
        let state = |(origin, breaker): (&Origin, &Breaker)| BreakerState {
            origin: origin.clone(),
            faults: breaker.faults,
            is_open: breaker.is_open(now),
        };
        let mut states: Vec<_> = self.lock().iter().map(state).collect();
        states.sort_by(|one, other| one.origin.cmp(&other.origin));
        states
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Breaker>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breaker {
    fn is_open(&self, now: SystemTime) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }
}

/// Rate-limit holds: no request is sent with a rate-limit key that an upstream called exhausted, or to an address on
/// the web that failed, until its hold ends.
#[derive(Debug)]
pub(crate) struct Holds {
    holds: Mutex<HashMap<String, Hold>>,
    longest: Duration,
}

#[derive(Clone, Debug)]
struct Hold {
    until: SystemTime,
    /// The fault that requests get until the hold ends.
    fault: Fault,
}

impl Holds {
    /// Holds that last at most this long.
    pub(crate) fn new(longest: Duration) -> Self {
        Self { holds: Mutex::default(), longest }
    }

    /// The fault if a rate-limit key or an address is on hold at `now`; the fault of a rate limit has the seconds left.
    pub(crate) fn fault(&self, key: &str, now: SystemTime) -> Option<Fault> {
        let hold = self.lock().get(key).cloned()?;
        let seconds = hold.seconds(now)?;
        Some(if matches!(hold.fault, Fault::RateLimited(_)) { Fault::RateLimited(Some(seconds)) } else { hold.fault })
    }

    /// Begins a rate-limit hold of this many seconds, at most the longest that is allowed. Returns the seconds of the
    /// hold, which callers see as `Retry-After`.
    pub(crate) fn limit(&self, key: &str, seconds: u32, now: SystemTime) -> u32 {
        let seconds = seconds.min(u32::try_from(self.longest.as_secs()).unwrap_or(u32::MAX));
        self.put(key, Fault::RateLimited(None), Duration::from_secs(seconds.into()), now);
        seconds
    }

    /// Begins a hold after another fault, so that an address that fails is not requested for every badge.
    pub(crate) fn fail(&self, key: &str, fault: Fault, time: Duration, now: SystemTime) {
        self.put(key, fault, time.min(self.longest), now);
    }

    fn put(&self, key: &str, fault: Fault, time: Duration, now: SystemTime) {
        let mut holds = self.lock();
        if holds.len() >= MOST_HOLDS {
            holds.retain(|_, hold| hold.until > now);
        }
        if holds.len() < MOST_HOLDS {
            holds.insert(key.to_owned(), Hold { until: now + time, fault });
        }
    }

    /// Ends all holds.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// All tokens with a rate-limit hold and the seconds left, sorted.
    pub(crate) fn all(&self, now: SystemTime) -> Vec<(String, u32)> {
        let holds = self.lock();
        let limited = holds.iter().filter(|(_, hold)| matches!(hold.fault, Fault::RateLimited(_)));
        let mut held: Vec<_> =
            limited.filter_map(|(key, hold)| hold.seconds(now).map(|seconds| (key.clone(), seconds))).collect();
        held.sort();
        held
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Hold>> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// The seconds left at `now`, if there are any.
    fn seconds(&self, now: SystemTime) -> Option<u32> {
        let wait = self.until.duration_since(now).ok()?.as_secs_f64().ceil();
        (wait >= 1.0).then_some(wait as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const ONE_DOCUMENT: Blame = Blame::Document(1);

    #[test]
    fn a_breaker_opens_after_five_faults_in_a_row_and_for_a_minute() {
        let (breakers, origin) = (Breakers::of_upstreams(), Origin::parse("https://example.com").unwrap());
        let now = SystemTime::UNIX_EPOCH;
        for _ in 0..4 {
            assert!(!breakers.fault(&origin, ONE_DOCUMENT, now));
        }
        breakers.answered(&origin);
        for fault in 1..=5 {
            assert_eq!(breakers.fault(&origin, ONE_DOCUMENT, now), fault == 5);
        }
        assert!(breakers.is_open(&origin, true, now + 59 * SECOND));
        assert!(!breakers.is_open(&origin, true, now + 60 * SECOND));
        assert!(breakers.fault(&origin, ONE_DOCUMENT, now + 61 * SECOND), "one more fault opens it again");
        breakers.answered(&origin);
        assert!(!breakers.is_open(&origin, true, now + 62 * SECOND), "one answer closes it");
    }

    #[test]
    fn on_the_web_one_document_never_opens_a_breaker_and_an_unreachable_origin_does() {
        let (origin, now) = (Origin::parse("https://example.com").unwrap(), SystemTime::UNIX_EPOCH);
        let count = |blames: &[Blame]| {
            let breakers = Breakers::of_web();
            let opened = blames.iter().map(|blame| breakers.fault(&origin, *blame, now)).filter(|opens| *opens).count();
            (opened, breakers.is_open(&origin, false, now), breakers.is_open(&origin, true, now))
        };
        let document = Blame::Document;
        assert_eq!(count(&[document(1); 50]), (0, false, false));
        assert_eq!(count(&[document(1), document(2)].repeat(25)), (0, false, false));
        assert_eq!(count(&[document(1), document(2), document(3), document(1)]), (0, false, false));
        let three = [document(1), document(2), document(3), document(1), document(2)];
        assert_eq!(
            count(&three),
            (1, true, false),
            "the breaker counts as closed for a document that was fetched before"
        );
        assert_eq!(count(&[Blame::Origin; 5]), (1, true, true));
        assert_eq!(count(&[Blame::Origin, Blame::Origin, document(1)].repeat(4)), (0, false, false));
    }

    #[test]
    fn the_number_of_remembered_origins_is_bounded_and_open_breakers_are_kept() {
        let (breakers, now) = (Breakers::of_upstreams(), SystemTime::UNIX_EPOCH);
        let origin = |at: usize| Origin::parse(&format!("https://{at}.example.com")).unwrap();
        for _ in 0..5 {
            breakers.fault(&origin(0), ONE_DOCUMENT, now);
        }
        for at in 1..2 * MOST_BREAKERS {
            breakers.fault(&origin(at), ONE_DOCUMENT, now);
        }
        assert!(breakers.states(now).len() <= MOST_BREAKERS);
        assert!(breakers.is_open(&origin(0), false, now), "open breakers are kept");
    }

    #[test]
    fn a_token_is_held_for_the_time_that_the_upstream_named_and_at_most_an_hour() {
        let (holds, now) = (Holds::new(LONGEST_HOLD), SystemTime::UNIX_EPOCH);
        let limited = |seconds| Some(Fault::RateLimited(Some(seconds)));
        assert_eq!(holds.limit("a", 10, now), 10);
        assert_eq!(holds.fault("a", now + 4 * SECOND), limited(6));
        assert_eq!(holds.fault("a", now + 10 * SECOND), None);
        assert_eq!(holds.fault("b", now), None);
        assert_eq!(holds.limit("b", u32::MAX, now), 3600, "callers are told the length of the hold");
        assert_eq!(holds.fault("b", now), limited(3600));
        holds.fail("c", Fault::Status(503), 2 * LONGEST_HOLD, now);
        assert_eq!(holds.fault("c", now + 3599 * SECOND), Some(Fault::Status(503)));
        assert_eq!(holds.fault("c", now + 3600 * SECOND), None);
        assert_eq!(holds.all(now), [("a".to_owned(), 10), ("b".to_owned(), 3600)]);
    }
}
