//! Finds the target of a subscription, with the server's own secrets.

use std::{error::Error, fmt};

use url::Url;

use super::{
    address::parse_address,
    outgoing::ResolvedTarget,
    subscription::{Subscription, Target},
    subscription_error::AddressMistake,
    webhook_secret::{WebhookSecret, WebhookSecretError},
};
use crate::{
    origin::Origin,
    world::{Secrets, Unavailable},
};

/// How many secrets sign a webhook: the newest, and during a rotation the one before it.
const SIGNING_SECRETS: usize = 2;

/// Why the target of a subscription cannot be found. No text shows a secret.
#[derive(Clone, Debug)]
pub enum ResolveError {
    /// The secrets cannot be read now.
    Unavailable(Unavailable),
    /// No secret of the server's own is stored for this purpose, to sign with.
    NoSigningSecret(String),
    /// A secret of this purpose cannot sign.
    SigningSecret(String, WebhookSecretError),
    /// No secret of the server's own is stored for this purpose, to use as the address.
    NoAddress(String),
    /// The secret of this purpose is not a valid address of a receiver.
    Address(String, AddressMistake),
    /// The secret address of this purpose has another origin than plugins.toml says.
    OtherOrigin {
        /// The purpose.
        purpose: String,
        /// The origin that plugins.toml names.
        wanted: Origin,
    },
}

impl Subscription {
    /// The target of the events, and the secrets that sign them.
    ///
    /// # Errors
    /// A secret is missing or cannot be used, or the secrets cannot be read.
    pub async fn resolve(&self, secrets: &dyn Secrets) -> Result<ResolvedTarget, ResolveError> {
        let url = match &self.target {
            Target::Topic(arn) => return Ok(ResolvedTarget::Topic(arn.clone())),
            Target::Url(url) => url.clone(),
            Target::Secret { purpose, origin } => address(purpose, origin, secrets).await?,
        };
        let secrets = match &self.secret {
            Some(purpose) => signing(purpose, secrets).await?,
            None => Vec::new(),
        };
        Ok(ResolvedTarget::Webhook { url, secrets })
    }
}

async fn address(purpose: &str, origin: &Origin, secrets: &dyn Secrets) -> Result<Url, ResolveError> {
    let found = secrets.of_server(purpose).await.map_err(ResolveError::Unavailable)?;
    let newest = found.first().ok_or_else(|| ResolveError::NoAddress(purpose.to_owned()))?;
    let url = parse_address(newest.reveal()).map_err(|mistake| ResolveError::Address(purpose.to_owned(), mistake))?;
    if Origin::of_url(&url).is_ok_and(|found| found == *origin) {
        return Ok(url);
    }
    Err(ResolveError::OtherOrigin { purpose: purpose.to_owned(), wanted: origin.clone() })
}

async fn signing(purpose: &str, secrets: &dyn Secrets) -> Result<Vec<WebhookSecret>, ResolveError> {
    let found = secrets.of_server(purpose).await.map_err(ResolveError::Unavailable)?;
    if found.is_empty() {
        return Err(ResolveError::NoSigningSecret(purpose.to_owned()));
    }
    let parsed = found.iter().take(SIGNING_SECRETS).map(WebhookSecret::parse).collect::<Result<_, _>>();
    parsed.map_err(|error| ResolveError::SigningSecret(purpose.to_owned(), error))
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "the secrets cannot be read: {}", cause.0),
            Self::NoSigningSecret(purpose) => write!(
                f,
                "no secret is stored that signs; write \
                 `badgesmith secret set --owner '*' --purpose {purpose} --generate=webhook`"
            ),
            Self::SigningSecret(purpose, error) => write!(
                f,
                "the secret {purpose} of '*' cannot sign: {error}; write \
                 `badgesmith secret set --owner '*' --purpose {purpose} --generate=webhook`"
            ),
            Self::NoAddress(purpose) => write!(
                f,
                "its address is not stored; send the address to the standard input of \
                 `badgesmith secret set --owner '*' --purpose {purpose}`"
            ),
            Self::Address(purpose, mistake) => write!(
                f,
                "the secret {purpose} of '*' is no address of a receiver: {mistake}; send it to the standard input of \
                 `badgesmith secret set --owner '*' --purpose {purpose}`"
            ),
            Self::OtherOrigin { purpose, wanted } => write!(
                f,
                "the secret {purpose} of '*' is an address that does not lead to {wanted}; store another address, or \
                 write its origin in plugins.toml"
            ),
        }
    }
}

impl Error for ResolveError {}
