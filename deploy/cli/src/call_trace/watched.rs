//! Wrappers of the engine's upstream and secrets, which show requests, answers, and the secrets that are used.

use std::sync::Arc;

use badgesmith_engine::world::{Ask, Fault, Reply, Secret, Secrets, Unavailable, Unhealthy, Upstream};
use futures_util::future::BoxFuture;

/// An observer of requests and answers.
pub(crate) trait Watch: Send + Sync + 'static {
    /// The state of a request until its answer arrives. It is dropped if the engine no longer waits.
    type Sent: Send;

    /// A request is sent. A retry is a request of its own.
    fn sends(&self, ask: &Ask) -> Self::Sent;

    /// It is answered, or there is no answer.
    fn answered(&self, sent: Self::Sent, outcome: &Result<Reply, Fault>);

    /// These secrets were found, and may be sent.
    fn found(&self, secrets: &[Secret]);
}

/// Sends requests, and shows them and their answers.
pub(crate) struct WatchedUpstream<W> {
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) watch: Arc<W>,
}

impl<W: Watch> Upstream for WatchedUpstream<W> {
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
pub(crate) struct WatchedSecrets<W> {
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) watch: Arc<W>,
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
