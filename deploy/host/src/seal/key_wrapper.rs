//! A service that wraps data keys with a key which never leaves it, such as AWS KMS.

use std::{error::Error, fmt};

use futures_util::future::BoxFuture;

use super::data_key::{DataKey, NewDataKey, WrappedKey};

/// A service that wraps data keys.
pub trait KeyWrapper: Send + Sync {
    /// Makes a new data key. [`WrappedKey::key`] of its wrapped form is the name with which the service finds the key
    /// again, whatever an alias means then.
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, WrapperError>>;

    /// Decrypts a data key of [`KeyWrapper::generate`].
    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey) -> BoxFuture<'a, Result<DataKey, WrapperError>>;
}

/// Why a service does not wrap or unwrap a data key. The words name the service and say what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrapperError {
    /// The service cannot be reached or is overloaded; the same call may succeed later.
    Unavailable(String),
    /// The service refuses: the key does not exist, is disabled or not permitted, or did not wrap this.
    Refused(String),
}

impl fmt::Display for WrapperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(words) => write!(f, "the key service does not answer: {words}"),
            Self::Refused(words) => write!(f, "the key service refuses: {words}"),
        }
    }
}

impl Error for WrapperError {}
