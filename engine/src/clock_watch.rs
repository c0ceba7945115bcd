//! Notices that the clock was set back.
//!
//! What is in memory has the time until which it holds. After a correction of the clock by an hour it would hold an
//! hour too long: old answers would be fresh, and an upstream that is up again would not be asked.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// By how much times may differ without the clock having been set back, in seconds. Requests are answered by several
/// threads, and answers in the store come from several computers.
pub(crate) const TOLERANCE: Duration = Duration::from_secs(5);
/// After how many seconds the work is done that was under way when the clock was set back.
const WORK_ENDS: u64 = 10;

/// The latest time that was seen.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    /// In seconds since 1970.
    latest: AtomicU64,
    /// When to forget once more what work brought that began before the clock was set back; 0 for never.
    again: AtomicU64,
}

impl ClockWatch {
    /// Whether the times in memory are wrong, because the clock was set back since the last call. It is true once, and
    /// once more when the work that was under way has ended.
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
