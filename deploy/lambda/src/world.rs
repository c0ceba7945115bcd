//! The world behind the engine on Lambda: the same upstreams as anywhere, and AWS for what must survive.

use std::sync::Arc;

use badgesmith_engine::World;
use badgesmith_host::{
    aws::{Aws, AwsSecrets, DynamoStore, Settings},
    client::Connections,
    executor::TokioExecutor,
    upstream::HttpUpstream,
};

/// The world, none of it opened yet.
pub(crate) fn new() -> World {
    let connections = Connections::new();
    let aws = Arc::new(Aws::new(Settings::from_environment(), connections.clone()));
    World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(AwsSecrets::new(Arc::clone(&aws))),
        store: Arc::new(DynamoStore::new(aws)),
    }
}
