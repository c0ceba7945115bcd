//! Region and credentials, as the binary passes them in.

#[cfg(feature = "profiles")]
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::{SdkConfig, sdk_config::Builder};

use crate::http_client::SharedHttpClient;

/// Region and credentials from environment variables, the only source in Lambda.
#[derive(Clone, Debug, Default)]
pub struct CredentialSource {
    region: Option<String>,
    credentials: Option<Credentials>,
    /// The account's number, which is needed to make a topic's ARN from its name.
    account: Option<String>,
    /// Whether `AWS_ACCESS_KEY_ID` or `AWS_PROFILE` is set, so that an emulator gets those credentials too.
    is_explicit: bool,
    /// Whether region and credentials are searched for as other AWS tools do.
    #[cfg(feature = "profiles")]
    pub(crate) uses_default_chain: bool,
}

impl CredentialSource {
    /// Reads the variables with `variable`, which returns `None` for an empty one.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let keys = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
        Self {
            region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
            credentials: keys
                .map(|(key, secret)| Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "environment")),
            account: variable("AWS_ACCOUNT_ID"),
            is_explicit: variable("AWS_ACCESS_KEY_ID").or_else(|| variable("AWS_PROFILE")).is_some(),
            #[cfg(feature = "profiles")]
            uses_default_chain: false,
        }
    }

    /// The number of the account, if the environment names it.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The start of a configuration, with region and credentials if there are any. An emulator gets dummy credentials,
    /// unless some are set.
    pub(crate) async fn resolve(&self, client: &SharedHttpClient, is_emulator: bool) -> Builder {
        let mut builder = self.find(client).await;
        if is_emulator && !self.is_explicit {
            let meaningless = Credentials::new("local", "local", None, None, "loopback");
            builder.set_credentials_provider(Some(SharedCredentialsProvider::new(meaningless)));
            if self.region.is_none() {
                builder.set_region(Region::from_static("us-east-1"));
            }
        }
        builder
    }

    #[cfg(feature = "profiles")]
    async fn find(&self, client: &SharedHttpClient) -> Builder {
        if self.uses_default_chain {
            let chain = aws_config::defaults(BehaviorVersion::latest()).http_client(client.clone());
            return chain.load().await.into_builder();
        }
        self.known()
    }

    #[cfg(not(feature = "profiles"))]
    #[allow(clippy::unused_async, reason = "with the feature it waits for the search")]
    async fn find(&self, _: &SharedHttpClient) -> Builder {
        self.known()
    }

    fn known(&self) -> Builder {
        let mut builder = SdkConfig::builder().region(self.region.clone().map(Region::new));
        builder.set_credentials_provider(self.credentials.clone().map(SharedCredentialsProvider::new));
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_output_shows_a_secret_key() {
        let variable = |name: &str| (name != "AWS_PROFILE").then(|| format!("{name}-hush"));
        let shown = format!("{:?}", CredentialSource::from_variables(variable));
        assert!(!shown.contains("SECRET_ACCESS_KEY-hush") && shown.contains("AWS_REGION-hush"), "{shown}");
    }
}
