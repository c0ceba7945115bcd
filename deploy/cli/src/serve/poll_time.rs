//! The time of the present poll of a connection. Timeouts are seconds, so the clock is read once for all that a poll does.

use std::{cell::Cell, time::Instant};

thread_local! {
    static POLLED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Polls a connection; all that it does meanwhile happens at one time.
pub(super) fn at_one_time<T>(poll: impl FnOnce() -> T) -> T {
    /// Ends the time, also after a panic.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            POLLED.set(None);
        }
    }
    let _ended = Ended;
    POLLED.set(Some(Instant::now()));
    poll()
}

/// When the present poll began; outside of one, now.
pub(super) fn now() -> Instant {
    POLLED.get().unwrap_or_else(Instant::now)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn time_stands_still_during_a_poll_and_goes_on_after_it() {
        let [first, second] = at_one_time(|| {
            let first = now();
            thread::sleep(Duration::from_millis(2));
            [first, now()]
        });
        assert_eq!(first, second);
        assert!(now() >= first + Duration::from_millis(2));
        let panicked = thread::spawn(|| {
            let caught = std::panic::catch_unwind(|| at_one_time(|| panic!("on purpose")));
            (caught.is_err(), POLLED.get())
        });
        assert_eq!(panicked.join().unwrap(), (true, None));
    }
}
