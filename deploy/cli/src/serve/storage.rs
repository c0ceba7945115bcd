//! The store and the secrets of the server, as plugins.toml chooses them.

use std::{path::Path, sync::Arc};

use badgesmith_aws::{AwsClients, AwsSecrets, DynamoStore};
use badgesmith_engine::{
    Settings,
    plugins::StoreKind,
    world::{Secrets, Store},
};
use badgesmith_host::{client, embedded::EmbeddedStore, secrets::FileSecrets};

use super::listener::STOP_TIMEOUT;
use crate::{command_error::CommandError, dynamodb, seal::SealOption};

/// The storage of the data that survives a restart of the server.
pub(super) enum Storage {
    Embedded(Arc<EmbeddedStore>),
    DynamoDb(Arc<AwsClients>, DynamoStore),
}

impl Storage {
    pub(super) fn open(
        settings: &Settings,
        data_directory: &Path,
        connections: &client::Connections,
    ) -> Result<Self, CommandError> {
        Ok(match settings.store {
            StoreKind::Embedded => {
                let store = EmbeddedStore::open_within(data_directory, settings.store_bytes());
                Self::Embedded(Arc::new(store.map_err(CommandError::storage)?))
            }
            StoreKind::DynamoDb => {
                let aws = Arc::new(AwsClients::new(dynamodb::client::settings(), connections.clone()));
                aws.check_events(settings).map_err(CommandError::storage)?;
                Self::DynamoDb(Arc::clone(&aws), DynamoStore::new(aws))
            }
        })
    }

    /// The embedded store, if that is the one.
    pub(super) fn embedded(&self) -> Option<Arc<EmbeddedStore>> {
        match self {
            Self::Embedded(store) => Some(Arc::clone(store)),
            Self::DynamoDb(..) => None,
        }
    }

    /// Checks that the store can serve these settings: with DynamoDB, subscriptions need a table of events.
    pub(super) fn check(&self, settings: &Settings) -> Result<(), CommandError> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::DynamoDb(aws, _) => aws.check_events(settings).map_err(CommandError::storage),
        }
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::DynamoDb(_, store) => Arc::new(store.clone()),
        }
    }

    /// The secrets. The secrets of a data directory are opened with the keys.
    pub(super) fn secrets(&self, data_directory: &Path, keys: &SealOption) -> Result<Arc<dyn Secrets>, CommandError> {
        Ok(match self {
            Self::Embedded(_) => {
                let secrets = FileSecrets::with_sealer(data_directory, keys.sealer()?);
                secrets.log_problems();
                Arc::new(secrets)
            }
            Self::DynamoDb(aws, _) => Arc::new(AwsSecrets::new(Arc::clone(aws))),
        })
    }

    /// The clients of AWS, which exist already if the store is in DynamoDB.
    pub(super) fn aws(&self, connections: &client::Connections) -> Arc<AwsClients> {
        match self {
            Self::Embedded(_) => Arc::new(AwsClients::new(dynamodb::client::settings(), connections.clone())),
            Self::DynamoDb(aws, _) => Arc::clone(aws),
        }
    }

    /// Waits until all pending writes of the store are finished.
    pub(super) async fn close(&self) {
        match self {
            Self::Embedded(store) => store.close(),
            // An answer that is not stored in time is fetched from its upstream again after the restart.
            Self::DynamoDb(_, store) => drop(tokio::time::timeout(STOP_TIMEOUT, store.settle()).await),
        }
    }
}
