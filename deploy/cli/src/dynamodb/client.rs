//! AWS for the commands that go there: which tables and endpoints, and a runtime to wait in.

use std::sync::Arc;

use badgesmith_host::{
    aws::{Aws, Settings},
    client::Connections,
};
use tokio::runtime;

/// AWS as the environment says, or at `endpoint`.
pub(crate) fn aws(endpoint: Option<&str>) -> Arc<Aws> {
    let settings = Settings::from_environment();
    let settings = match endpoint {
        Some(endpoint) => settings.at(endpoint),
        None => settings,
    };
    Arc::new(Aws::new(settings, Connections::new()))
}

/// Runs a command to its end.
///
/// # Errors
/// The command's, or that there is no runtime.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|fault| format!("the runtime cannot start: {fault}"))?.block_on(work)
}
