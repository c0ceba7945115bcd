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
