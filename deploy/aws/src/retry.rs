//! Tries a call again while it may still help and the request has time.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use badgesmith_engine::world::Unavailable;
use tokio::time::{Instant, sleep, timeout_at};

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
pub(crate) struct Fault {
    /// What happened.
    pub(crate) words: String,
    /// Whether it may be otherwise a moment later.
    pub(crate) passes: bool,
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        Self(fault.words)
    }
}

impl Fault {
    /// What the SDK says about a call.
    pub(crate) fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (words, passes) = match error {
            SdkError::TimeoutError(_) => ("no answer in time".to_owned(), true),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => (causes(error), true),
            // Nothing was sent.
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
                (format!("{}; set AWS_REGION, and credentials as for any other tool of AWS", causes(error)), false)
            }
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

/// Calls until it succeeds, will not, or the deadline is there. The pauses spread what would collide again.
///
/// # Errors
/// The last fault.
pub(crate) async fn insist<T, F>(deadline: Instant, call: impl Fn() -> F) -> Result<T, Fault>
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn fault(passes: bool) -> Fault {
        Fault { words: "on purpose".to_owned(), passes }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(3)
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
        assert_eq!(insist(soon(), call(3, true)).await, Ok(4));
        tries.set(0);
        assert_eq!(insist(soon(), call(3, false)).await, Err(fault(false)));
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_beyond_the_deadline() {
        let deadline = soon();
        assert_eq!(insist::<(), _>(deadline, || async { Err(fault(true)) }).await, Err(fault(true)));
        assert!(Instant::now() <= deadline);
        assert!(insist::<(), _>(deadline, std::future::pending).await.is_err());
        assert_eq!((Instant::now() - deadline).as_secs(), 0);
    }
}
