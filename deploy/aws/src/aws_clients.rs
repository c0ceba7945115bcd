//! AWS: DynamoDB and Secrets Manager over the one HTTP client, nothing made before its first use.
//!
//! The SDK comes without a TLS or HTTP stack of its own. Region and credentials are the environment's, or with the
//! feature `profiles` found as every AWS tool finds them. `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SECRETS_MANAGER` lead elsewhere; where both lead to this machine
//! and no credentials are set, an emulator gets the ones it asks for, which are any.

mod calls;
mod config;
mod dynamo;
mod http;
mod insist;
mod item;
mod kept;
pub mod migrate;
pub mod policy;
pub mod provision;
mod secrets;
mod tables;
pub mod vault;

use std::{collections::BTreeMap, env, time::Duration};

use aws_types::SdkConfig;
use tokio::{sync::OnceCell, time::Instant};
use url::{Host, Url};

use self::calls::Calls;
pub use self::{dynamo::DynamoStore, secrets::AwsSecrets, tables::Tables};
use badgesmith_host::client::Connections;

/// How long a request waits for the store, all attempts together.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where AWS is, and what the tables are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where DynamoDB is, if not where the region has it.
    pub dynamodb: Option<String>,
    /// Where Secrets Manager is, if not where the region has it.
    pub secrets_manager: Option<String>,
    /// What the tables are called.
    pub tables: Tables,
    /// How long a request waits, all attempts together; one attempt has half of it.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { dynamodb: None, secrets_manager: None, tables: Tables::default(), patience: PATIENCE }
    }
}

impl Settings {
    /// What the environment says.
    #[must_use]
    pub fn from_environment() -> Self {
        let of = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = |service: &str| of(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| of("AWS_ENDPOINT_URL"));
        Self {
            dynamodb: endpoint("DYNAMODB"),
            secrets_manager: endpoint("SECRETS_MANAGER"),
            tables: Tables::named(|name| env::var(name).ok()),
            ..Self::default()
        }
    }

    /// The same with both services at one address, as emulators have it.
    #[must_use]
    pub fn at(self, endpoint: &str) -> Self {
        let endpoint = Some(endpoint.to_owned());
        Self { dynamodb: endpoint.clone(), secrets_manager: endpoint, ..self }
    }

    /// Whether both services are on this machine, so that nobody checks a signature.
    fn is_local(&self) -> bool {
        [&self.dynamodb, &self.secrets_manager].into_iter().all(|url| url.as_deref().is_some_and(is_loopback))
    }
}

fn is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The clients of both services.
#[derive(Debug)]
pub struct Aws {
    settings: Settings,
    connections: Connections,
    calls: Calls,
    config: OnceCell<SdkConfig>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    secrets_manager: OnceCell<aws_sdk_secretsmanager::Client>,
}

impl Aws {
    /// Clients over shared connections, nothing made yet.
    #[must_use]
    pub fn new(settings: Settings, connections: Connections) -> Self {
        Self {
            settings,
            connections,
            calls: Calls::default(),
            config: OnceCell::new(),
            dynamodb: OnceCell::new(),
            secrets_manager: OnceCell::new(),
        }
    }

    /// How often each operation was sent so far, every attempt counted: `DynamoDB.Query`, `Secrets Manager.GetSecretValue`.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.calls.counts()
    }

    /// What the tables are called.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.settings.tables
    }

    /// When a request that begins now stops waiting.
    fn deadline(&self) -> Instant {
        Instant::now() + self.settings.patience
    }

    /// Makes the clients that the first question needs.
    async fn prepare(&self) {
        // Whatever is wrong with them is said to whoever asks.
        let _ = self.connections.client();
        self.dynamodb().await;
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        let build = || async {
            let mut config = aws_sdk_dynamodb::config::Builder::from(self.config().await);
            if let Some(endpoint) = &self.settings.dynamodb {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_dynamodb::Client::from_conf(config.interceptor(self.calls.clone()).build())
        };
        self.dynamodb.get_or_init(build).await
    }

    pub(crate) async fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        let build = || async {
            let mut config = aws_sdk_secretsmanager::config::Builder::from(self.config().await);
            if let Some(endpoint) = &self.settings.secrets_manager {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_secretsmanager::Client::from_conf(config.interceptor(self.calls.clone()).build())
        };
        self.secrets_manager.get_or_init(build).await
    }

    async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| config::load(&self.settings, self.connections.clone())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_is_one_on_this_machine() {
        let rows = [
            ("http://127.0.0.1:8000", true),
            ("http://localhost:4566/", true),
            ("http://dynamodb.localhost:4566/", true),
            ("http://[::1]:4566", true),
            ("https://dynamodb.eu-west-1.amazonaws.com", false),
            ("https://localhost.example", false),
            ("127.0.0.1", false),
        ];
        for (url, is_local) in rows {
            assert_eq!(Settings::default().at(url).is_local(), is_local, "{url}");
        }
        let half = Settings { dynamodb: Some("http://127.0.0.1:8000".to_owned()), ..Settings::default() };
        assert!(!half.is_local(), "the other half is AWS, which checks signatures");
    }
}
