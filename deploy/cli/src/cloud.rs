//! AWS for the commands that go there: which tables and endpoints, and a runtime to wait in.

use std::{env, sync::Arc};

use badgesmith_aws::{AwsClients, AwsSettings};
use badgesmith_host::client::Connections;
use tokio::runtime;

/// AWS as the environment says, or at `endpoint`.
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

/// Runs a command to its end.
///
/// # Errors
/// The command's, or that there is no runtime.
pub(crate) fn wait<T, E: ToString>(work: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|fault| format!("the runtime cannot start: {fault}"))?
        .block_on(work)
        .map_err(|error| error.to_string())
}
