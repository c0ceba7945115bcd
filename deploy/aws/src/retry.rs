//! Retries of transient errors with exponential backoff and jitter, within the time limit of the whole request.
//!
//! The SDK's own retries are switched off. They apply a time limit to each call separately, while one request here
//! makes several calls within one time limit. They also share a quota of retries between all requests, and report a
//! timeout in place of the last error.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::aws_error::AwsError;

/// The longest pause after the first attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(30);
/// The longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Repeats a call until it succeeds, fails for good, or would exceed the deadline.
///
/// # Errors
/// The last error.
pub(crate) async fn retry<T, F>(deadline: Instant, call: impl Fn() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let mut pause = FIRST_PAUSE;
    let mut last_error = None;
    loop {
        let error = match timeout_at(deadline, call()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => return Err(last_error.unwrap_or(AwsError::Timeout)),
        };
        // The jitter keeps transactions that collided from colliding again.
        let wait = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !error.is_transient() || Instant::now() + wait >= deadline {
            return Err(error);
        }
        tracing::debug!(fault.words = %error, "trying again");
        last_error = Some(error);
        sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn error(is_transient: bool) -> AwsError {
        AwsError::Call { operation: "test", cause: "on purpose".to_owned(), is_transient }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(3)
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_error_is_retried_and_another_is_not() {
        let attempts = Cell::new(0);
        let call = |failures, is_transient| {
            let attempts = &attempts;
            move || {
                attempts.set(attempts.get() + 1);
                let outcome = if attempts.get() <= failures { Err(error(is_transient)) } else { Ok(attempts.get()) };
                async move { outcome }
            }
        };
        assert_eq!(retry(soon(), call(3, true)).await, Ok(4));
        attempts.set(0);
        assert_eq!(retry(soon(), call(3, false)).await, Err(error(false)));
        assert_eq!(attempts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_waits_beyond_its_deadline() {
        let deadline = soon();
        assert_eq!(retry::<(), _>(deadline, || async { Err(error(true)) }).await, Err(error(true)));
        assert!(Instant::now() <= deadline);
        assert_eq!(retry::<(), _>(deadline, std::future::pending).await, Err(AwsError::Timeout));
        assert_eq!((Instant::now() - deadline).as_secs(), 0);
    }
}
