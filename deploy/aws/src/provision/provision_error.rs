//! Why a table cannot be provisioned.

use std::{error::Error, fmt, time::Duration};

use super::attributes::EXPIRY;
use crate::aws_error::AwsError;

/// The time limit for creating a table, or an index on a large one.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Why a table is not what the store needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisionError {
    /// The table has other keys.
    WrongKeys {
        /// Its name.
        table: String,
        /// Its keys.
        keys: Vec<String>,
    },
    /// The table expires its items by another attribute.
    WrongExpiry {
        /// Its name.
        table: String,
        /// The attribute.
        attribute: String,
    },
    /// The table has a stream that does not show new items.
    WrongStream {
        /// Its name.
        table: String,
        /// What the stream shows.
        view: String,
    },
    /// The table or its index is not active within the time limit.
    NotReady {
        /// Its name.
        table: String,
    },
    /// The function that is to send events does not exist.
    NoFunction {
        /// Its name.
        function: String,
    },
    /// The queue that is to be subscribed does not exist.
    NoQueue {
        /// Its name.
        queue: String,
    },
    /// There is no key of this id or ARN.
    NoKey {
        /// The id or ARN as it was given.
        key: String,
    },
    /// A call failed.
    Aws(AwsError),
}

impl fmt::Display for ProvisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKeys { table, keys } => write!(
                f,
                "the table {table} has the keys {keys:?}, not the texts PK and SK; name another one with \
                 BADGESMITH_TABLE_RESULTS, _NONCES, _SECRETS, _ANSWERS or _EVENTS"
            ),
            Self::WrongExpiry { table, attribute } => {
                write!(f, "the table {table} expires by {attribute}, not by {EXPIRY}; switch that off first")
            }
            Self::WrongStream { table, view } => {
                write!(f, "the table {table} has a stream of {view}, not of new images; switch that off first")
            }
            Self::NotReady { table } => {
                write!(f, "the table {table} is not ready after {} minutes", TIMEOUT.as_secs() / 60)
            }
            Self::NoFunction { function } => {
                write!(
                    f,
                    "there is no function {function}; deploy it first, or write the name of another with --function"
                )
            }
            Self::NoQueue { queue } => {
                write!(f, "there is no queue {queue} that could be subscribed; create it first, or name another")
            }
            Self::NoKey { key } => write!(
                f,
                "there is no key {key}, and one is created for an alias only; write --seal-kms alias/badgesmith"
            ),
            Self::Aws(error) => error.fmt(f),
        }
    }
}

impl Error for ProvisionError {}

impl From<AwsError> for ProvisionError {
    fn from(error: AwsError) -> Self {
        Self::Aws(error)
    }
}
