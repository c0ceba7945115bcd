//! When an event is sent again after a failed attempt.

use std::time::Duration;

/// The waits after the first attempt and each further one.
const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(4 * 60 * 60),
];
/// The longest wait that a receiver may ask for with `Retry-After`.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);
/// The random share of a wait, so that a receiver that is up again does not get all events at once.
const JITTER: f64 = 0.2;

/// How often an event is sent before it is a dead letter.
pub const MOST_ATTEMPTS: u32 = WAITS.len() as u32 + 1;

/// The wait after this many failed attempts, counted from 1; `None` after the last one. `spread` is a random number
/// from 0 to 1.
///
/// ```
/// use std::time::Duration;
/// use badgesmith_engine::events::wait_after;
///
/// assert_eq!(wait_after(1, None, 0.5), Some(Duration::from_secs(5)));
/// assert_eq!(wait_after(1, Some(Duration::from_secs(90)), 0.0), Some(Duration::from_secs(90)));
/// assert_eq!(wait_after(9, None, 0.5), None);
/// ```
#[must_use]
pub fn wait_after(attempts: u32, asked: Option<Duration>, spread: f64) -> Option<Duration> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let wait = WAITS.get(index)?.mul_f64(1.0 + JITTER * (spread.clamp(0.0, 1.0) - 0.5));
    Some(asked.map_or(wait, |asked| wait.max(asked.min(LONGEST_ASKED))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_attempts_are_made_within_eight_hours_and_waits_only_grow() {
        let waits: Vec<_> = (1..).map_while(|attempts| wait_after(attempts, None, 0.5)).collect();
        assert_eq!(waits.len() + 1, MOST_ATTEMPTS as usize);
        assert!(waits.is_sorted() && waits.iter().sum::<Duration>() < Duration::from_secs(8 * 60 * 60));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_of_up_to_an_hour_and_for_no_shorter_one() {
        let seconds = |attempts, asked| wait_after(attempts, Some(Duration::from_secs(asked)), 0.5).unwrap().as_secs();
        assert_eq!([seconds(1, 60), seconds(1, 1), seconds(1, 99_999), seconds(8, 60)], [60, 5, 3600, 14_400]);
    }
}
