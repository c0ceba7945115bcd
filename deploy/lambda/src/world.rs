//! The engine's world in Lambda: upstreams over HTTP, and AWS for the store and the secrets.

use std::{env, sync::Arc};

use badgesmith_aws::{AwsClients, AwsSecrets, AwsSettings, DynamoStore};
use badgesmith_engine::{Settings, World, world::Meter};
use badgesmith_host::{client::Connections, executor::TokioExecutor, oidc, upstream::HttpUpstream, web::HttpWeb};

/// The parts for `settings`, and AWS; none of them is opened before its first use. `meter` counts the events.
pub(crate) fn new(settings: &Settings, meter: Arc<dyn Meter>) -> (World, Arc<AwsClients>) {
    let connections = Connections::new();
    let aws_settings = AwsSettings::from_variables(|name| env::var(name).ok());
    let aws = Arc::new(AwsClients::new(aws_settings, connections.clone()));
    let (web, executor) = (Arc::new(HttpWeb::new(settings)), Arc::new(TokioExecutor::new()));
    let world = World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        verifier: oidc::verifier(&settings.trust, Arc::clone(&web) as _, Arc::clone(&executor) as _),
        web,
        executor,
        secrets: Arc::new(AwsSecrets::new(Arc::clone(&aws))),
        store: Arc::new(DynamoStore::new(Arc::clone(&aws))),
        meter,
    };
    (world, aws)
}
