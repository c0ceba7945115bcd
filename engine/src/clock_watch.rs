//! Detects that the system clock was set back.
//!
//! Entries in memory have an expiry time. If the clock is set back by an hour, each would expire an hour too late: old
//! answers would count as fresh, and the circuit breaker of an upstream that is up again would stay open.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// Differences up to this do not count as a clock that was set back. Several threads read the clock, and the answers in
/// the store come from several computers.
pub(crate) const TOLERANCE: Duration = Duration::from_secs(5);
/// After how many seconds all work has ended that was under way when the clock was set back.
const WORK_ENDS: u64 = 10;

/// The latest time that was seen.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    /// In seconds since 1970.
    latest: AtomicU64,
    /// When to clear the caches a second time, in seconds since 1970: work that began before the clock was set back may
    /// have filled them with wrong times. 0 if no second time is due.
    again: AtomicU64,
}

impl ClockWatch {
    /// Whether the times in memory are wrong, because the clock was set back since the last call. The result is `true`
    /// once when that is detected, and a second time after [`WORK_ENDS`].
    pub(crate) fn is_set_back(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let latest = self.latest.load(Ordering::Relaxed);
        if latest > now + TOLERANCE.as_secs() {
            self.latest.store(now, Ordering::Relaxed);
            self.again.store(now + WORK_ENDS, Ordering::Relaxed);
            return true;
        }
        if now > latest {
            self.latest.store(now, Ordering::Relaxed);
        }
        let again = self.again.load(Ordering::Relaxed);
        let is_due = again != 0 && now >= again;
        is_due && self.again.compare_exchange(again, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_is_noticed_at_once_and_when_the_work_of_that_time_has_ended() {
        let watch = ClockWatch::default();
        let rows = [
            (1_000, false),
            (1_001, false),
            (997, false),
            (1_100, false),
            (900, true),
            (901, false),
            (909, false),
            (910, true),
            (911, false),
            (100_000, false),
        ];
        for (seconds, is_set_back) in rows {
            assert_eq!(
                watch.is_set_back(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
                is_set_back,
                "{seconds}"
            );
        }
    }
}
