//! Why a request to AWS failed, and whether it may succeed when it is repeated.

use std::{error::Error, fmt};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use badgesmith_engine::{store::RowRefusal, world::Unavailable};

/// The error codes of temporary conditions: throttling, or a fault inside AWS.
const TRANSIENT_CODES: [&str; 13] = [
    // A table that was created a moment ago.
    "ContinuousBackupsUnavailableException",
    "InternalServerError",
    "InternalServiceError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    // The codes of SQS and of SNS.
    "RequestThrottled",
    "ServiceUnavailable",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The status of throttling in services that name the code in a header.
const TOO_MANY: u16 = 429;

/// Why a request to AWS failed. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsError {
    /// A call failed.
    Call {
        /// The operation that was called, or its purpose.
        operation: &'static str,
        /// What happened.
        cause: String,
        /// Whether it may succeed a moment later.
        is_transient: bool,
    },
    /// The time limit of the request passed before the first attempt had ended.
    Timeout,
    /// DynamoDB left keys unprocessed until the time limit.
    KeysUnprocessed,
    /// An item that should be a record is not one, or a later version wrote it.
    DamagedItem {
        /// Its sort key.
        key: String,
    },
    /// The SDK refuses to build a request.
    InvalidRequest(String),
    /// An event is to be written or read, and its table is switched off.
    NoEventsTable,
    /// The rows of events are longer, or more in number, than a transaction takes.
    Row(RowRefusal),
}

impl AwsError {
    /// The error of a call through the SDK.
    pub(crate) fn call<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (cause, is_transient) = match error {
            SdkError::TimeoutError(_) => ("no answer in time".to_owned(), true),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => (causes(error), true),
            // Nothing was sent.
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
                (format!("{}; set AWS_REGION, and credentials as for any other tool of AWS", causes(error)), false)
            }
            SdkError::ResponseError(_) => (causes(error), true),
            SdkError::ServiceError(refusal) => {
                let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
                return Self::refused(operation, code, refusal.raw().status().as_u16(), message);
            }
            _ => (causes(error), false),
        };
        Self::Call { operation, cause, is_transient }
    }

    /// The error of a call that the service answered with an error of this code.
    pub(crate) fn refused(operation: &'static str, code: &str, status: u16, message: &str) -> Self {
        let is_transient = status >= 500 || status == TOO_MANY || TRANSIENT_CODES.contains(&code);
        Self::Call { operation, cause: format!("{code} ({status}): {message}"), is_transient }
    }

    /// The error of a request that the SDK refuses to build.
    pub(crate) fn invalid_request(error: impl fmt::Display) -> Self {
        Self::InvalidRequest(error.to_string())
    }

    /// Whether the request may succeed when it is repeated a moment later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Call { is_transient, .. } => *is_transient,
            Self::Timeout | Self::KeysUnprocessed => true,
            Self::DamagedItem { .. } | Self::InvalidRequest(_) | Self::NoEventsTable | Self::Row(_) => false,
        }
    }
}

/// The message of an error and its causes. Not the debug output, which shows whole responses.
fn causes(error: &(dyn Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |&cause| cause.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { operation, cause, .. } => write!(f, "{operation}: {cause}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::KeysUnprocessed => f.write_str("DynamoDB left keys unprocessed until the time limit"),
            Self::DamagedItem { key } => write!(f, "the item at {key:?} is no record that this version can read"),
            Self::InvalidRequest(cause) => f.write_str(cause),
            Self::NoEventsTable => {
                f.write_str("there is no table of events; set BADGESMITH_TABLE_EVENTS to its name and run provision")
            }
            Self::Row(refusal) => refusal.fmt(f),
        }
    }
}

impl Error for AwsError {}

impl From<AwsError> for Unavailable {
    fn from(error: AwsError) -> Self {
        Self(error.to_string())
    }
}
