//! Signature version 4 for calls that are not made through the SDK, with the SDK's own signer and credentials.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_types::SdkConfig;

use crate::aws_error::AwsError;

/// How long before their expiry credentials are replaced, so that none expire while a request is being sent.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// Signs requests, and caches credentials until shortly before they expire.
#[derive(Debug, Default)]
pub(crate) struct Signer {
    credentials: Mutex<Option<Credentials>>,
}

/// A request that is to be signed.
pub(crate) struct Unsigned<'a> {
    /// The operation, for errors.
    pub(crate) operation: &'static str,
    /// The name by which signatures know the service.
    pub(crate) service: &'static str,
    /// The HTTP method.
    pub(crate) method: &'a str,
    /// The region.
    pub(crate) region: &'a str,
    /// The whole address.
    pub(crate) url: &'a str,
    /// The headers that are signed besides those that the signer adds.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Signer {
    /// The headers that have to be added to a request to sign it.
    pub(crate) async fn sign(
        &self,
        config: &SdkConfig,
        unsigned: &Unsigned<'_>,
        now: SystemTime,
    ) -> Result<Vec<(String, String)>, AwsError> {
        let refused = |cause: String| AwsError::Call { operation: unsigned.operation, cause, is_transient: false };
        let identity: Identity = self.credentials(config, unsigned.operation, now).await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(unsigned.region)
            .name(unsigned.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let headers = unsigned.headers.iter().copied();
        let request = SignableRequest::new(unsigned.method, unsigned.url, headers, SignableBody::Bytes(unsigned.body));
        let request = request.map_err(|error| refused(error.to_string()))?;
        let signed = sign(request, &parameters.into()).map_err(|error| refused(error.to_string()))?;
        let added = signed.output().headers();
        Ok(added.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The credentials, from the cache or from their source.
    pub(crate) async fn credentials(
        &self,
        config: &SdkConfig,
        operation: &'static str,
        now: SystemTime,
    ) -> Result<Credentials, AwsError> {
        let kept = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lasts = |credentials: &Credentials| credentials.expiry().is_none_or(|end| end > now + EARLY);
        if let Some(credentials) = kept.filter(lasts) {
            return Ok(credentials);
        }
        let failed = |cause: &str| AwsError::Call {
            operation,
            cause: format!("{cause}; set credentials as for any other tool of AWS"),
            is_transient: false,
        };
        let provider = config.credentials_provider().ok_or_else(|| failed("there are no credentials"))?;
        let found = provider.provide_credentials().await.map_err(|error| failed(&error.to_string()))?;
        *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }
}
