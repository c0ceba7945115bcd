//! The queue in which reports wait to be recorded, where the environment names one, and the depth of the queues that it
//! names.

use std::{env, error::Error, fmt, sync::Arc};

use badgesmith_aws::{AwsClients, AwsError, SqsGauge, SqsQueue};
use badgesmith_engine::{Ingest, Settings};

use crate::command_error::CommandError;

/// The variable with the name of the queue.
const VARIABLE: &str = "BADGESMITH_QUEUE_REPORTS";
/// The variable with the name of the queue of events, which a function on Lambda works on and whose depth is shown
/// here.
const EVENTS: &str = "BADGESMITH_QUEUE_EVENTS";

/// Why there is no queue.
#[derive(Debug)]
enum QueueError {
    /// plugins.toml asks for one that the environment does not name.
    NotNamed,
    /// What the environment names is no queue.
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

/// The queue that the environment names. It is emptied even where reports are recorded at once, so that none stays in
/// it after the setting was changed.
///
/// # Errors
/// plugins.toml asks for a queue and none is named, or what is named is none.
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

/// What looks at the depth of the queues that the environment names; `None` if it names none.
///
/// # Errors
/// What is named is no queue.
pub(super) fn gauge(aws: impl FnOnce() -> Arc<AwsClients>) -> Result<Option<Arc<SqsGauge>>, CommandError> {
    let is_named = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if ![VARIABLE, EVENTS].into_iter().any(is_named) {
        return Ok(None);
    }
    // The queue of reports was read before.
    let refused = |error| CommandError::configuration(QueueError::Refused(EVENTS, error));
    Ok(SqsGauge::of(&aws()).map_err(refused)?.map(Arc::new))
}

/// Checks whether there is a queue where plugins.toml asks for one.
///
/// # Errors
/// There is none.
pub(super) fn check(settings: &Settings, has_queue: bool) -> Result<(), CommandError> {
    let is_missing = settings.ingest == Ingest::Queue && !has_queue;
    if is_missing { Err(CommandError::configuration(QueueError::NotNamed)) } else { Ok(()) }
}
