//! The world behind the engine on Lambda: the same upstreams as anywhere, and AWS for what must survive.

use std::sync::Arc;

use badgesmith_engine::{Settings, World};
use badgesmith_host::{
    aws::{self, Aws, DynamoStore},
    client::Connections,
    executor::TokioExecutor,
    upstream::HttpUpstream,
    web::HttpWeb,
};

/// The world of `settings`, none of it opened yet.
pub(crate) fn new(settings: &Settings) -> World {
    let connections = Connections::new();
    let aws = Arc::new(Aws::new(aws::Settings::from_environment(), connections.clone()));
    World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        web: Arc::new(HttpWeb::new(settings)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(badgesmith_host::secrets::FileSecrets::new(std::path::Path::new("/nowhere"))),
        store: Arc::new(DynamoStore::new(aws)),
    }
}
