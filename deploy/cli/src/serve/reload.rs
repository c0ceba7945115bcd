//! Reads plugins.toml again, and replaces the engine. Requests in flight are finished by the previous engine.

use std::{path::PathBuf, sync::Arc, time::Duration};

use badgesmith_engine::{Engine, Settings, events::EventPump, plugins::renew_libraries};
use badgesmith_host::library_copies::LibraryCopies;
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use super::{
    current_engine::CurrentEngine,
    events,
    foundation::{Foundation, IfMissing, Loaded},
    listeners::Listeners,
    queued_reports, trial,
};
use crate::{command_error::CommandError, control::ControlAnswer};

/// How many requests to reload may wait. One more is refused, since the waiting ones will read the same files.
const MOST_WAITING: usize = 8;
/// How long reading plugins.toml and opening the plugins may take, such as on a slow network disk.
const LONGEST: Duration = Duration::from_secs(30);

/// A request to reload. The answer is dropped if nothing waits for it.
pub(super) type ReloadRequest = oneshot::Sender<ControlAnswer>;

/// Replaces the engine of a server, one reload at a time.
pub(super) struct Reloader {
    /// The plugins.toml that was named at the start.
    pub(super) config: Option<PathBuf>,
    /// The settings with which the server started.
    pub(super) started_with: Settings,
    /// The folder to which libraries are copied before they are opened, with `--watch`.
    pub(super) copies: Option<Arc<LibraryCopies>>,
    pub(super) foundation: Arc<Foundation>,
    pub(super) engines: Arc<CurrentEngine>,
    pub(super) listeners: Arc<Listeners>,
    /// The background task that sends the events of the present engine.
    pub(super) telling: Option<EventPump>,
    /// The building of an engine that took too long. It cannot be cancelled, so no other one is started until it ends.
    pub(super) late: Option<JoinHandle<Result<Successor, CommandError>>>,
}

/// A new engine that may replace the present one.
pub(super) struct Successor {
    engine: Arc<Engine>,
    plugins: usize,
    settings: Settings,
    needs_restart: Vec<String>,
}

impl Reloader {
    /// Starts a background task that reloads on request.
    pub(super) fn start(mut self) -> mpsc::Sender<ReloadRequest> {
        let (sender, mut requests) = mpsc::channel::<ReloadRequest>(MOST_WAITING);
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                match self.prepare().await {
                    Ok(successor) => self.succeed(successor, request).await,
                    Err(error) => {
                        let mistakes = error.lines();
                        tracing::error!(mistakes = mistakes.len(), "plugins.toml is not taken, so nothing changes");
                        mistakes.iter().for_each(|mistake| tracing::error!("{mistake}"));
                        let _ = request.send(ControlAnswer::Refused { mistakes });
                    }
                }
            }
        });
        sender
    }

    /// Builds an engine beside the present one. Reading files and opening libraries is slow, so another thread does it.
    async fn prepare(&mut self) -> Result<Successor, CommandError> {
        if self.late.as_ref().is_some_and(|late| !late.is_finished()) {
            return Err(CommandError::ReloadLate);
        }
        let (file, foundation) = (self.config.clone(), Arc::clone(&self.foundation));
        let (started_with, predecessor) = (self.started_with.clone(), self.engines.get());
        let copies = self.copies.clone();
        let build = move || -> Result<Successor, CommandError> {
            trial::load_elsewhere(file.as_deref())?;
            renew_libraries();
            let mut loaded = Loaded::read(file.as_deref(), IfMissing::Refuse, copies)?;
            let needs_restart = keep(&mut loaded.settings, &started_with);
            foundation.storage.check(&loaded.settings)?;
            queued_reports::check(&loaded.settings, foundation.reports.is_some())?;
            let (plugins, settings) = (loaded.plugins.len(), loaded.settings.clone());
            let engine = Arc::new(foundation.engine(loaded)?.succeeding(&predecessor));
            Ok(Successor { engine, plugins, settings, needs_restart })
        };
        let mut build = spawn_blocking(build);
        let Ok(built) = timeout(LONGEST, &mut build).await else {
            self.late = Some(build);
            return Err(CommandError::ReloadLate);
        };
        let successor = built.map_err(|_| CommandError::ReloadBroke)??;
        events::check(&self.foundation, &successor.settings).await?;
        Ok(successor)
    }

    /// Makes the new engine the one that answers.
    async fn succeed(&mut self, successor: Successor, request: ReloadRequest) {
        let Successor { engine, plugins, settings, needs_restart } = successor;
        let predecessor = self.engines.get();
        self.engines.replace(Arc::clone(&engine));
        if engine.shares_listeners(&predecessor) {
            engine.reset_listeners();
        } else {
            self.listeners.restart();
        }
        // In the background, since freeing its caches may take long.
        spawn_blocking(move || drop(predecessor));
        tracing::info!(plugins, "plugins.toml was read again");
        if !needs_restart.is_empty() {
            tracing::warn!(settings = needs_restart.join(", "), "what needs a restart is as before");
        }
        let _ = request.send(ControlAnswer::Reloaded { plugins, needs_restart });
        // Two tasks must not send the same event, so the old one ends first. Events that are recorded meanwhile wait in
        // the store.
        if let Some(telling) = self.telling.take() {
            telling.stop().await;
        }
        self.telling = events::start(&self.foundation, &engine, &settings);
    }
}

/// Keeps the settings that the process cannot change while it runs, and returns the names of those that differ.
fn keep(settings: &mut Settings, started_with: &Settings) -> Vec<String> {
    let mut differing = Vec::new();
    if settings.store != started_with.store {
        settings.store = started_with.store;
        differing.push("store".to_owned());
    }
    // The connections to upstreams stay open.
    if settings.extra_roots != started_with.extra_roots {
        settings.extra_roots.clone_from(&started_with.extra_roots);
        differing.push("extra-roots".to_owned());
    }
    // The embedded store uses a share of this memory and cannot change it.
    if settings.cache_mib != started_with.cache_mib {
        settings.cache_mib = started_with.cache_mib;
        differing.push("cache-mib".to_owned());
    }
    differing
}
