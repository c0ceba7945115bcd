//! AWS for the commands: tables, endpoints and credentials as the environment names them.

use std::sync::Arc;

use badgesmith_host::{
    aws::{Aws, Settings},
    client::Connections,
};

/// AWS as the environment describes it; an `endpoint` takes the place of DynamoDB's and Secrets Manager's.
pub(crate) fn aws(endpoint: Option<&str>) -> Arc<Aws> {
    let settings = Settings::from_environment();
    let settings = match endpoint {
        Some(endpoint) => settings.at(endpoint),
        None => settings,
    };
    Arc::new(Aws::new(settings, Connections::new()))
}
