//! The store that a command reads or changes: in the data directory, or in DynamoDB.

use std::sync::Arc;

use badgesmith_aws::DynamoStore;
use badgesmith_engine::world::Store;
use badgesmith_host::embedded::EmbeddedStore;
use clap::Args;

use crate::{arguments::DataOption, command_error::CommandError, dynamodb::client::aws};

/// Which store.
#[derive(Args, Debug)]
pub(crate) struct StoreOption {
    #[command(flatten)]
    pub(crate) data: DataOption,
    /// DynamoDB, instead of the data directory.
    #[arg(long)]
    pub(crate) aws: bool,
}

/// An open store. Dropping it closes the store after making all writes durable.
pub(crate) struct OpenedStore {
    pub(crate) store: Arc<dyn Store>,
    embedded: Option<Arc<EmbeddedStore>>,
}

impl StoreOption {
    /// Opens it: the embedded store only while no server has it open.
    pub(crate) fn open(&self) -> Result<OpenedStore, CommandError> {
        if self.aws {
            return Ok(OpenedStore { store: Arc::new(DynamoStore::new(aws(None))), embedded: None });
        }
        let embedded = Arc::new(EmbeddedStore::open(&self.data.directory).map_err(CommandError::storage)?);
        Ok(OpenedStore { store: Arc::clone(&embedded) as Arc<dyn Store>, embedded: Some(embedded) })
    }
}

impl Drop for OpenedStore {
    fn drop(&mut self) {
        if let Some(embedded) = &self.embedded {
            embedded.close();
        }
    }
}
