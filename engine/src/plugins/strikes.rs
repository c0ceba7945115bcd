//! When a plugin whose steps miss their deadline is taken out of service for good.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// After how many strikes a plugin is out of service until the next start.
const MOST: u32 = 3;
/// Steps that miss their deadline within this time after a strike count as the same strike: if the machine stalls for a
/// moment, all steps that are under way are late.
const APART: Duration = Duration::from_secs(1);
/// After this time without a strike, the earlier ones no longer count.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// The steps of a plugin that missed their deadline.
#[derive(Debug, Default)]
pub(crate) struct Strikes(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// All steps that missed their deadline.
    steps: u32,
    strikes: u32,
    last: Duration,
}

impl Strikes {
    /// Counts a step that missed its deadline; `clock` is the present time of a monotonic clock. Returns whether the
    /// plugin is out of service now.
    pub(crate) fn count(&self, clock: Duration) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.steps = counted.steps.saturating_add(1);
        let since = clock.saturating_sub(counted.last);
        if counted.strikes < MOST && (counted.strikes == 0 || since >= APART) {
            counted.strikes = if since > FORGOTTEN { 1 } else { counted.strikes + 1 };
            counted.last = clock;
        }
        counted.strikes >= MOST
    }

    /// Whether the plugin is out of service for good.
    pub(crate) fn are_out(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).strikes >= MOST
    }

    /// How many steps missed their deadline.
    pub(crate) fn steps(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(milliseconds: &[u64], is_out: bool) {
        let strikes = Strikes::default();
        let last = milliseconds.iter().map(|&at| strikes.count(Duration::from_millis(at))).last();
        assert_eq!((last, strikes.are_out()), (Some(is_out), is_out), "{milliseconds:?}");
    }

    #[test]
    fn the_third_strike_within_an_hour_of_the_one_before_is_the_last() {
        check(&[10, 3_000], false);
        check(&[10, 3_000, 5_000], true);
        check(&[10, 3_000, 3_000_000, 3_000_001], true);
        check(&[10, 3_000, 4_000_000], false);
        check(&[10, 3_000, 4_000_000, 4_002_000, 4_004_000], true);
    }

    #[test]
    fn steps_that_are_overdue_at_one_moment_are_one_strike() {
        check(&[10, 11, 12, 500, 1_000], false);
        check(&[10, 1_010, 1_500, 1_900], false);
        check(&[10, 1_010, 2_010], true);
    }
}
