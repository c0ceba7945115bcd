//! When an origin is left alone: its breaker is open, or a token at it is exhausted.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use crate::origin::Origin;

/// After how many faults in a row a breaker opens.
const FAULTS: u32 = 5;
/// For how long it stays open.
const OPEN: Duration = Duration::from_secs(60);
/// The longest time a token is believed to be exhausted, whatever an upstream says.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);
/// How many exhausted tokens are remembered.
const MOST_HOLDS: usize = 10_000;
/// How many origins with faults are remembered: callers may name any number.
const MOST_BREAKERS: usize = 10_000;

/// The breakers of all origins. One opens after five faults in a row, for a minute; then one more fault opens it again,
/// and one answer closes it.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<HashMap<Origin, Breaker>>);

#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    faults: u32,
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
    /// Whether the origin is left alone at `now`.
    pub(crate) fn is_open(&self, origin: &Origin, now: SystemTime) -> bool {
        self.lock().get(origin).is_some_and(|breaker| breaker.is_open(now))
    }

    /// Counts a fault, and returns whether it opened the breaker.
    pub(crate) fn fault(&self, origin: &Origin, now: SystemTime) -> bool {
        let mut breakers = self.lock();
        if breakers.len() >= MOST_BREAKERS && !breakers.contains_key(origin) {
            breakers.retain(|_, breaker| breaker.is_open(now));
            if breakers.len() >= MOST_BREAKERS {
                return false;
            }
        }
        let breaker = breakers.entry(origin.clone()).or_default();
        breaker.faults = breaker.faults.saturating_add(1);
        let opens = breaker.faults >= FAULTS && !breaker.is_open(now);
        if opens {
            breaker.open_until = Some(now + OPEN);
        }
        opens
    }

    /// Forgets the faults: the origin answered.
    pub(crate) fn answered(&self, origin: &Origin) {
        self.lock().remove(origin);
    }

    /// Every origin with faults, in order.
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Origin, Breaker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breaker {
    fn is_open(&self, now: SystemTime) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }
}

/// Tokens that an upstream called exhausted: nobody asks with them before it said so.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<HashMap<String, SystemTime>>);

impl Holds {
    /// For how many seconds a token is held at `now`.
    pub(crate) fn seconds(&self, token: &str, now: SystemTime) -> Option<u32> {
        let until = *self.lock().get(token)?;
        let wait = until.duration_since(now).ok()?.as_secs_f64().ceil();
        (wait >= 1.0).then_some(wait as u32)
    }

    /// Holds a token for so many seconds.
    pub(crate) fn hold(&self, token: &str, seconds: u32, now: SystemTime) {
        let mut holds = self.lock();
        if holds.len() >= MOST_HOLDS {
            holds.retain(|_, until| *until > now);
        }
        if holds.len() < MOST_HOLDS {
            holds.insert(token.to_owned(), now + Duration::from_secs(seconds.into()).min(LONGEST_HOLD));
        }
    }

    /// Every token that is held, with the seconds left.
    pub(crate) fn all(&self, now: SystemTime) -> Vec<(String, u32)> {
        let tokens: Vec<_> = self.lock().keys().cloned().collect();
        let mut held: Vec<_> =
            tokens.into_iter().filter_map(|token| self.seconds(&token, now).map(|seconds| (token, seconds))).collect();
        held.sort();
        held
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, SystemTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_breaker_opens_after_five_faults_in_a_row_and_for_a_minute() {
        let (breakers, origin) = (Breakers::default(), Origin::parse("https://example.com").unwrap());
        let now = SystemTime::UNIX_EPOCH;
        for _ in 0..4 {
            assert!(!breakers.fault(&origin, now));
        }
        breakers.answered(&origin);
        for fault in 1..=5 {
            assert_eq!(breakers.fault(&origin, now), fault == 5);
        }
        assert!(breakers.is_open(&origin, now + 59 * SECOND));
        assert!(!breakers.is_open(&origin, now + 60 * SECOND));
        assert!(breakers.fault(&origin, now + 61 * SECOND), "one more fault opens it again");
        breakers.answered(&origin);
        assert!(!breakers.is_open(&origin, now + 62 * SECOND), "one answer closes it");
    }

    #[test]
    fn however_many_origins_fail_only_so_many_are_remembered() {
        let (breakers, now) = (Breakers::default(), SystemTime::UNIX_EPOCH);
        let origin = |at: usize| Origin::parse(&format!("https://{at}.example.com")).unwrap();
        for _ in 0..5 {
            breakers.fault(&origin(0), now);
        }
        for at in 1..2 * MOST_BREAKERS {
            breakers.fault(&origin(at), now);
        }
        assert!(breakers.states(now).len() <= MOST_BREAKERS);
        assert!(breakers.is_open(&origin(0), now), "those that are open are kept");
    }

    #[test]
    fn a_token_is_held_for_as_long_as_was_said_and_an_hour_at_most() {
        let (holds, now) = (Holds::default(), SystemTime::UNIX_EPOCH);
        holds.hold("a", 10, now);
        assert_eq!(holds.seconds("a", now + 4 * SECOND), Some(6));
        assert_eq!(holds.seconds("a", now + 10 * SECOND), None);
        assert_eq!(holds.seconds("b", now), None);
        holds.hold("b", u32::MAX, now);
        assert_eq!(holds.seconds("b", now), Some(3600));
    }
}
