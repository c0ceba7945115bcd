//! The time of the present poll of a connection. Timeouts are measured in seconds, so the clock is read only once for
//! each poll.

use std::{
    cell::Cell,
    time::{Instant, SystemTime},
};

thread_local! {
    static POLLED: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
}

/// Polls a connection with this date; the time stays the same for the whole poll.
pub(super) fn at_one_time<T>(date: SystemTime, poll: impl FnOnce() -> T) -> T {
    /// Resets the time when dropped, also after a panic.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            POLLED.set(None);
        }
    }
    let _ended = Ended;
    POLLED.set(Some((Instant::now(), date)));
    poll()
}

/// The time when the present poll began; outside of a poll, the present time.
pub(super) fn now() -> Instant {
    POLLED.get().map_or_else(Instant::now, |(now, _)| now)
}

/// The date when the present poll began; outside of a poll, the present date.
pub(super) fn date() -> SystemTime {
    POLLED.get().map_or_else(SystemTime::now, |(_, date)| date)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn time_stands_still_during_a_poll_and_goes_on_after_it() {
        let today = SystemTime::now() - Duration::from_secs(1);
        let [first, second] = at_one_time(today, || {
            let first = (now(), date());
            thread::sleep(Duration::from_millis(2));
            [first, (now(), date())]
        });
        assert_eq!(first, second);
        assert_eq!(first.1, today);
        let (first, _) = first;
        assert!(date() > today);
        assert!(now() >= first + Duration::from_millis(2));
        let panicked = thread::spawn(|| {
            let caught = std::panic::catch_unwind(|| at_one_time(SystemTime::now(), || panic!("on purpose")));
            (caught.is_err(), POLLED.get())
        });
        assert_eq!(panicked.join().unwrap(), (true, None));
    }
}
