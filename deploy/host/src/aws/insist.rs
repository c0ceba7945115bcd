//! Tries a call again while it may still help and the request has time.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use badgesmith_engine::world::Unavailable;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a request waits for the store, all attempts together.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause after the first attempt, at the most; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(30);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
/// What passes: too much at once, or a fault of AWS's own.
const PASSING: [&str; 10] = [
    // A table that was made just now.
    "ContinuousBackupsUnavailableException",
    "InternalServerError",
    "InternalServiceError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Why a call did not succeed. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What happened.
    pub(super) words: String,
    /// Whether it may be otherwise a moment later.
    pub(super) passes: bool,
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        Self(fault.words)
    }
}

impl Fault {
    /// What the SDK says about a call.
    pub(super) fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (words, passes) = match error {
            SdkError::TimeoutError(_) => ("no answer in time".to_owned(), true),
            SdkError::DispatchFailure(failure) => (causes(error), failure.is_io() || failure.is_timeout()),
            SdkError::ResponseError(_) => (causes(error), true),
            SdkError::ServiceError(refusal) => {
                let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
                let status = refusal.raw().status().as_u16();
                (format!("{code} ({status}): {message}"), status >= 500 || PASSING.contains(&code))
            }
            _ => (causes(error), false),
        };
        Self { words: format!("{operation}: {words}"), passes }
    }
}

/// What happened, from the outside to the cause. Never the debug output, which shows whole answers.
fn causes(error: &(dyn Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |&cause| cause.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Calls until it succeeds, will not, or the request's time is over. The pauses spread what would collide again.
///
/// # Errors
/// The last fault.
pub(super) async fn insist<T, F>(call: impl Fn() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    insist_until(Instant::now() + PATIENCE, call).await
}

/// The same until a moment, for several calls that share one.
///
/// # Errors
/// The last fault.
pub(super) async fn insist_until<T, F>(deadline: Instant, call: impl Fn() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut pause = FIRST_PAUSE;
    let mut last = None;
    loop {
        let fault = match timeout_at(deadline, call()).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(fault)) => fault,
            Err(_) => {
                return Err(last.unwrap_or_else(|| Fault { words: "no answer in time".to_owned(), passes: true }));
            }
        };
        let wait = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !fault.passes || Instant::now() + wait >= deadline {
            return Err(fault);
        }
        tracing::debug!(fault.words, "trying again");
        last = Some(fault);
        sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// When a request that begins now stops waiting.
pub(super) fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn fault(passes: bool) -> Fault {
        Fault { words: "on purpose".to_owned(), passes }
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let tries = Cell::new(0);
        let call = |fails, passes| {
            let tries = &tries;
            move || {
                tries.set(tries.get() + 1);
                let outcome = if tries.get() <= fails { Err(fault(passes)) } else { Ok(tries.get()) };
                async move { outcome }
            }
        };
        assert_eq!(insist(call(3, true)).await, Ok(4));
        tries.set(0);
        assert_eq!(insist(call(3, false)).await, Err(fault(false)));
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_three_seconds_at_the_most() {
        let before = Instant::now();
        assert_eq!(insist::<(), _>(|| async { Err(fault(true)) }).await, Err(fault(true)));
        assert!(before.elapsed() <= PATIENCE, "{:?}", before.elapsed());
        let before = Instant::now();
        assert!(insist::<(), _>(std::future::pending).await.is_err());
        assert_eq!(before.elapsed().as_secs(), PATIENCE.as_secs());
    }
}
