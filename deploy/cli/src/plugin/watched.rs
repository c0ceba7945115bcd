//! The world of a command that makes one call as the server does, and observes its requests and answers.

use std::sync::Arc;

use badgesmith_engine::{Settings, World};
use badgesmith_host::{
    client::Connections, executor::TokioExecutor, extra_roots::ExtraRoots, secrets::FileSecrets,
    upstream::HttpUpstream, web::HttpWeb,
};

use super::no_store::NoStore;
use crate::{
    arguments::DataOption,
    call_trace::{Watch, WatchedSecrets, WatchedUpstream},
    command_error::CommandError,
    seal::SealOption,
};

/// The world with the settings, certificates, secrets and address guard of the server, but without a store.
///
/// # Errors
/// A key or a file of certificates cannot be read.
pub(super) fn world<W: Watch>(
    settings: &Settings,
    data: &DataOption,
    seal: &SealOption,
    watch: &Arc<W>,
) -> Result<World, CommandError> {
    let roots = ExtraRoots::load(settings.extra_roots.as_deref()).map_err(CommandError::configuration)?;
    let upstream = HttpUpstream::over(Connections::trusting(roots.clone()));
    let web = HttpWeb::new(settings).trusting(roots);
    let secrets = FileSecrets::with_sealer(&data.directory, seal.sealer()?);
    Ok(World {
        upstream: Arc::new(WatchedUpstream { upstream: Arc::new(upstream), watch: Arc::clone(watch) }),
        web: Arc::new(WatchedUpstream { upstream: Arc::new(web), watch: Arc::clone(watch) }),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(WatchedSecrets { secrets: Arc::new(secrets), watch: Arc::clone(watch) }),
        store: Arc::new(NoStore),
        meter: Arc::new(()),
        verifier: Arc::new(()),
    })
}
