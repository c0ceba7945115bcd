//! The configuration of the SDK's client, with the region and the credentials that all calls use.

use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_types::{
    SdkConfig,
    sdk_config::{RetryConfig, StalledStreamProtectionConfig, TimeoutConfig},
};
use badgesmith_host::client::Connections;
use futures_util::future::BoxFuture;

use crate::{aws_settings::AwsSettings, http_client::SharedHttpClient};

/// The configuration for these settings. The SDK's retries are switched off; [`retry`](crate::retry) does them instead.
///
/// The future is boxed so that the SDK's credential chain is compiled once, and not for every function that may make
/// the first call.
pub(crate) fn load(settings: &AwsSettings, connections: Connections) -> BoxFuture<'_, SdkConfig> {
    Box::pin(async move {
        let client = SharedHttpClient(connections);
        let builder = settings.credentials.resolve(&client, settings.is_local()).await;
        builder
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(settings.timeout / 2).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    })
}
