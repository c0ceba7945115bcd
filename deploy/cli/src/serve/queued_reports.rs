//! The queue in which reports wait to be recorded, if the environment names one, and the depth of the queues that it
//! names.

use std::{env, error::Error, fmt, sync::Arc};

use badgesmith_aws::{AwsClients, AwsError, SqsGauge, SqsQueue};
use badgesmith_engine::{Ingest, Settings};

use crate::command_error::CommandError;

/// The variable with the name of the queue.
const VARIABLE: &str = "BADGESMITH_QUEUE_REPORTS";
/// The variable with the name of the queue of events. A Lambda function processes that queue; this server only shows
/// its depth.
const EVENTS: &str = "BADGESMITH_QUEUE_EVENTS";

/// Why there is no queue.
#[derive(Debug)]
enum QueueError {
    /// plugins.toml requires a queue, but the environment does not name one.
    NotNamed,
    /// The name in the environment is not a queue's.
    Refused(&'static str, AwsError),
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNamed => {
                write!(f, "[engine] ingest = \"queue\" needs a FIFO queue of SQS; set {VARIABLE} to its name or ARN")
            }
            Self::Refused(variable, error) => write!(f, "{variable}: {error}"),
        }
    }
}

impl Error for QueueError {}

/// The queue that the environment names. It is processed even if plugins.toml records reports at once, so that no
/// report stays in it after the setting was changed.
///
/// # Errors
/// plugins.toml requires a queue and the environment names none, or the name is not a queue's.
pub(super) fn queue(
    settings: &Settings,
    aws: impl FnOnce() -> Arc<AwsClients>,
) -> Result<Option<Arc<SqsQueue>>, CommandError> {
    match env::var(VARIABLE).ok().filter(|name| !name.is_empty()) {
        None => check(settings, false).map(|()| None),
        Some(name) => {
            let queue = SqsQueue::new(aws(), &name);
            queue
                .map(|queue| Some(Arc::new(queue)))
                .map_err(|e| CommandError::configuration(QueueError::Refused(VARIABLE, e)))
        }
    }
}

/// The gauge that reads the depth of the queues that the environment names; `None` if it names none.
///
/// # Errors
/// A name is not a queue's.
pub(super) fn gauge(aws: impl FnOnce() -> Arc<AwsClients>) -> Result<Option<Arc<SqsGauge>>, CommandError> {
    let is_named = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if ![VARIABLE, EVENTS].into_iter().any(is_named) {
        return Ok(None);
    }
    // The variable of the queue of reports was checked before.
    let refused = |error| CommandError::configuration(QueueError::Refused(EVENTS, error));
    Ok(SqsGauge::of(&aws()).map_err(refused)?.map(Arc::new))
}

/// Checks that there is a queue if plugins.toml requires one.
///
/// # Errors
/// There is none.
pub(super) fn check(settings: &Settings, has_queue: bool) -> Result<(), CommandError> {
    let is_missing = settings.ingest == Ingest::Queue && !has_queue;
    if is_missing { Err(CommandError::configuration(QueueError::NotNamed)) } else { Ok(()) }
}
