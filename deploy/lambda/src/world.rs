//! The world behind the engine on Lambda: the same upstreams as anywhere, and AWS for what must survive.

use std::{env, sync::Arc};

use badgesmith_aws::{AwsClients, AwsSecrets, AwsSettings, DynamoStore};
use badgesmith_engine::{Settings, World, world::Meter};
use badgesmith_host::{client::Connections, executor::TokioExecutor, upstream::HttpUpstream, web::HttpWeb};

/// The world of `settings`, none of it opened yet; `meter` is told what happens.
pub(crate) fn new(settings: &Settings, meter: Arc<dyn Meter>) -> World {
    let connections = Connections::new();
    let aws_settings = AwsSettings::from_variables(|name| env::var(name).ok());
    let aws = Arc::new(AwsClients::new(aws_settings, connections.clone()));
    World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        web: Arc::new(HttpWeb::new(settings)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(AwsSecrets::new(Arc::clone(&aws))),
        store: Arc::new(DynamoStore::new(aws)),
        meter,
    }
}
