//! Region and credentials, and how the clients ask.

use std::env;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::{
    SdkConfig,
    sdk_config::{RetryConfig, StalledStreamProtectionConfig, TimeoutConfig},
};

use super::{Settings, http::SharedConnections};
use badgesmith_host::client::Connections;

/// What both clients are made of. What is tried again, and for how long, is the request's business.
pub(crate) async fn load(settings: &Settings, connections: Connections) -> SdkConfig {
    let connections = SharedConnections(connections);
    let mut found = find(connections.clone()).await;
    if settings.is_local() && of("AWS_ACCESS_KEY_ID").is_none() && of("AWS_PROFILE").is_none() {
        let any = Credentials::new("local", "local", None, None, "loopback");
        found.set_credentials_provider(Some(SharedCredentialsProvider::new(any)));
        if region().is_none() {
            found.set_region(Region::from_static("us-east-1"));
        }
    }
    found
        .behavior_version(BehaviorVersion::latest())
        .http_client(connections)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(settings.patience / 2).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

/// As every AWS tool finds them: environment, profile, web identity, the container's or the machine's role.
#[cfg(feature = "profiles")]
async fn find(connections: SharedConnections) -> aws_types::sdk_config::Builder {
    aws_config::defaults(BehaviorVersion::latest()).http_client(connections).load().await.into_builder()
}

/// From the environment, which is all that Lambda has: the rest would be a twelfth of the package.
#[cfg(not(feature = "profiles"))]
#[allow(clippy::unused_async, reason = "the other one looks further")]
async fn find(_: SharedConnections) -> aws_types::sdk_config::Builder {
    let mut found = SdkConfig::builder().region(region().map(Region::new));
    if let (Some(key), Some(secret)) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")) {
        let credentials = Credentials::new(key, secret, of("AWS_SESSION_TOKEN"), None, "environment");
        found.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
    }
    found
}

fn region() -> Option<String> {
    of("AWS_REGION").or_else(|| of("AWS_DEFAULT_REGION"))
}

fn of(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
