//! AWS for the commands: tables, endpoints and credentials as the environment names them.

use std::{env, sync::Arc};

use badgesmith_aws::{AwsClients, AwsSettings};
use badgesmith_host::client::Connections;

/// AWS as the environment describes it; an `endpoint` replaces the endpoints of all services.
pub(crate) fn aws(endpoint: Option<&str>) -> Arc<AwsClients> {
    let settings = settings();
    let settings = match endpoint {
        Some(endpoint) => settings.at(endpoint),
        None => settings,
    };
    Arc::new(AwsClients::new(settings, Connections::new()))
}

/// Endpoints and tables as the environment names them, and credentials from wherever AWS tools find them.
pub(crate) fn settings() -> AwsSettings {
    AwsSettings::from_variables(|name| env::var(name).ok()).with_default_chain()
}
