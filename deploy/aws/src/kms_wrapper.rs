//! KMS as the service that wraps the data keys of sealed texts.

use badgesmith_host::seal::{DataKey, KeyWrapper, NewDataKey, WrappedKey, WrapperError};
use futures_util::future::BoxFuture;

use crate::{aws_error::AwsError, kms::Kms};

/// The encryption context of every wrapped key, so that it cannot be unwrapped for another use.
const CONTEXT: [(&str, &str); 1] = [("app", "badgesmith")];

/// A key of KMS that wraps data keys.
#[derive(Debug)]
pub struct KmsWrapper {
    kms: Kms,
    key: String,
}

impl KmsWrapper {
    /// The key with this id, ARN or alias.
    #[must_use]
    pub fn new(kms: Kms, key: impl Into<String>) -> Self {
        Self { kms, key: key.into() }
    }
}

impl KeyWrapper for KmsWrapper {
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, WrapperError>> {
        Box::pin(async move {
            let made = self.kms.new_data_key(&self.key, &CONTEXT).await.map_err(|error| failed(&error))?;
            let plain =
                DataKey::new(&made.plain).ok_or_else(|| WrapperError::Refused("a key of another size".to_owned()))?;
            Ok(NewDataKey { plain, wrapped: WrappedKey { key: made.key, wrapped: made.wrapped } })
        })
    }

    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey) -> BoxFuture<'a, Result<DataKey, WrapperError>> {
        Box::pin(async move {
            let plain =
                self.kms.unwrap(&wrapped.key, &wrapped.wrapped, &CONTEXT).await.map_err(|error| failed(&error))?;
            DataKey::new(&plain).ok_or_else(|| WrapperError::Refused("a key of another size".to_owned()))
        })
    }
}

fn failed(error: &AwsError) -> WrapperError {
    if error.is_transient() {
        WrapperError::Unavailable(error.to_string())
    } else {
        WrapperError::Refused(error.to_string())
    }
}
