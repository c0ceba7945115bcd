//! The SDK's client of DynamoDB, built at its first use, and the signer for calls of other services.

use std::collections::BTreeMap;

use aws_types::SdkConfig;
use badgesmith_engine::Settings;
use badgesmith_host::client::Connections;
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    aws_error::AwsError, aws_settings::AwsSettings, call_counts::CallCounts, queue_names::QueueNames, sdk_config,
    signer::Signer, table_names::TableNames,
};

/// The client of DynamoDB, and the signer of calls of other services.
#[derive(Debug)]
pub struct AwsClients {
    settings: AwsSettings,
    connections: Connections,
    call_counts: CallCounts,
    config: OnceCell<SdkConfig>,
    signer: Signer,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
}

impl AwsClients {
    /// Clients over a shared connection pool. Nothing is built yet.
    #[must_use]
    pub fn new(settings: AwsSettings, connections: Connections) -> Self {
        Self {
            settings,
            connections,
            call_counts: CallCounts::default(),
            config: OnceCell::new(),
            signer: Signer::default(),
            dynamodb: OnceCell::new(),
        }
    }

    /// How often each operation was sent so far, counting every attempt: `DynamoDB.Query`,
    /// `Secrets Manager.GetSecretValue`, `SQS.SendMessage`.
    #[must_use]
    pub fn call_counts(&self) -> BTreeMap<String, u64> {
        self.call_counts.counts()
    }

    /// The names of the tables.
    #[must_use]
    pub const fn tables(&self) -> &TableNames {
        &self.settings.tables
    }

    /// The queues.
    #[must_use]
    pub const fn queues(&self) -> &QueueNames {
        &self.settings.queues
    }

    /// The settings.
    pub(crate) const fn settings(&self) -> &AwsSettings {
        &self.settings
    }

    /// The pool of connections.
    pub(crate) const fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The signer of calls without the SDK.
    pub(crate) const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Counts one attempt of a call without the SDK.
    pub(crate) fn note_call(&self, operation: String) {
        self.call_counts.note(operation);
    }

    /// Checks that there is a table of events if plugins.toml has a subscription: without one no report could be
    /// recorded.
    ///
    /// # Errors
    /// [`AwsError::NoEventsTable`], which names the variable to set.
    pub fn check_events(&self, settings: &Settings) -> Result<(), AwsError> {
        let is_missing = !settings.subscriptions.is_empty() && self.tables().events.is_empty();
        if is_missing { Err(AwsError::NoEventsTable) } else { Ok(()) }
    }

    /// The deadline of a request that begins now.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.settings.timeout
    }

    /// Builds the clients that the first request to the store needs.
    pub(crate) async fn prepare(&self) {
        // An error here appears again in the first request.
        let _ = self.connections.client();
        self.dynamodb().await;
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        let build = || async {
            let mut config = aws_sdk_dynamodb::config::Builder::from(self.config().await);
            if let Some(endpoint) = &self.settings.dynamodb {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_dynamodb::Client::from_conf(config.interceptor(self.call_counts.clone()).build())
        };
        self.dynamodb.get_or_init(build).await
    }

    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| sdk_config::load(&self.settings, self.connections.clone())).await
    }
}
