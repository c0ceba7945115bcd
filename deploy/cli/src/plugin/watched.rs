//! The world of a command that makes one call as the server does, and sees what is sent and answered.

use std::sync::Arc;

use badgesmith_engine::{
    Settings, World,
    world::{Ask, Fault, Reply, Secret, Secrets, Unavailable, Unhealthy, Upstream},
};
use badgesmith_host::{
    client::Connections, executor::TokioExecutor, extra_roots::ExtraRoots, secrets::FileSecrets,
    upstream::HttpUpstream, web::HttpWeb,
};
use futures_util::future::BoxFuture;

use super::no_store::NoStore;
use crate::{arguments::DataOption, command_error::CommandError, seal::SealOption};

/// Who sees what is sent and answered.
pub(super) trait Watch: Send + Sync + 'static {
    /// What is known of a request until its answer comes.
    type Sent: Send;

    /// A request is sent. A retry is a request of its own.
    fn sends(&self, ask: &Ask) -> Self::Sent;

    /// It is answered, or there is no answer. Nothing is said of a request that the engine no longer waits for.
    fn answered(&self, sent: Self::Sent, outcome: &Result<Reply, Fault>);

    /// These secrets were found, and may be sent.
    fn found(&self, secrets: &[Secret]);
}

/// The world with the settings, the certificates, the secrets and the address guard that the server has, and with no store.
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
        upstream: Arc::new(WatchedUpstream { upstream, watch: Arc::clone(watch) }),
        web: Arc::new(WatchedUpstream { upstream: web, watch: Arc::clone(watch) }),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(WatchedSecrets { secrets, watch: Arc::clone(watch) }),
        store: Arc::new(NoStore),
        meter: Arc::new(()),
        verifier: Arc::new(()),
    })
}

/// Sends requests, and shows them and their answers.
struct WatchedUpstream<U, W> {
    upstream: U,
    watch: Arc<W>,
}

impl<U: Upstream, W: Watch> Upstream for WatchedUpstream<U, W> {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let sent = self.watch.sends(&ask);
        Box::pin(async move {
            let outcome = self.upstream.fetch(ask).await;
            self.watch.answered(sent, &outcome);
            outcome
        })
    }
}

/// Looks secrets up, and shows which may be sent.
struct WatchedSecrets<W> {
    secrets: FileSecrets,
    watch: Arc<W>,
}

impl<W: Watch> Secrets for WatchedSecrets<W> {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let found = self.secrets.find(owner, repo, purpose).await?;
            self.watch.found(&found);
            Ok(found)
        })
    }

    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let found = self.secrets.of_server(purpose).await?;
            self.watch.found(&found);
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        self.secrets.check()
    }
}
