//! `badgesmith serve`: the engine over HTTP, until it is told to stop.

mod activity;
mod answer;
mod client_address;
mod clock;
mod connection_table;
mod events;
mod greeting;
mod listener;
mod listeners;
mod open_files;
mod queued_reports;
mod socket;
mod span;
mod storage;

use std::{cmp::max, net::SocketAddr, sync::Arc};

use badgesmith_aws::{Sns, report_consumer::consume_reports};
use badgesmith_engine::{Engine, World, world::Meter};
use badgesmith_host::{
    client, config, courier::HttpCourier, executor::TokioExecutor, faces, metrics::prometheus::Prometheus, oidc,
    upstream::HttpUpstream, web::HttpWeb,
};
use clap::{Args, builder::RangedU64ValueParser};

use crate::{
    arguments::{ConfigOption, DataOption},
    command_error::CommandError,
    runtime,
    seal::SealOption,
};
use answer::Server;
use connection_table::{ConnectionLimits, ConnectionTable};
use listeners::{Listeners, MOST_LISTENERS, MOST_OF_CLIENT};
use storage::Storage;

/// How many of the open files are kept for everything but clients' connections: upstreams, the store, secrets.
const OTHER_FILES: usize = 160;

/// Answers requests over HTTP.
#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// The address and port to listen at.
    #[arg(long, env = "BADGESMITH_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    config: ConfigOption,
    /// Whether /metrics is served, in the Prometheus text format; by default only at a loopback address.
    #[arg(
        long,
        env = "BADGESMITH_METRICS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    metrics: Option<bool>,
    /// How many connections may be open at once; for one more, the one that has waited longest for its client is
    /// closed.
    #[arg(
        long,
        env = "BADGESMITH_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(16..=20_000)
    )]
    connections: usize,
    /// How many of them one client may have, an IPv4 address or an IPv6 network of 64 bits; 0 is no limit. Connections
    /// over loopback have no limit, since a reverse proxy may run on this machine.
    #[arg(long, env = "BADGESMITH_CONNECTIONS_PER_CLIENT", value_name = "COUNT", default_value_t = 256)]
    connections_per_client: usize,
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    seal: SealOption,
}

impl ServeOptions {
    /// How many connections there may be besides those of listeners when the process may open so many files; `None` is
    /// any number.
    fn limits(&self, files: Option<usize>, listeners: usize) -> ConnectionLimits {
        let room = files.map_or(usize::MAX, |files| max(files.saturating_sub(OTHER_FILES), files / 2) - listeners);
        if room < self.connections {
            tracing::warn!(room, wanted = self.connections, "fewer connections: no more files may be open at once");
        }
        let all = self.connections.min(room);
        let per_client = if self.connections_per_client == 0 { all } else { self.connections_per_client };
        ConnectionLimits { all, per_client }
    }

    fn shows_metrics(&self) -> bool {
        self.metrics.unwrap_or_else(|| self.listen.ip().is_loopback())
    }
}

/// How many listeners there may be when the process may open so many files: at most an eighth of the files.
fn most_listeners(files: Option<usize>) -> usize {
    files.map_or(MOST_LISTENERS, |files| MOST_LISTENERS.min(files / 8))
}

/// Serves until Ctrl-C or SIGTERM, and then finishes the requests in flight.
///
/// # Errors
/// What keeps the server from starting.
pub(crate) fn run(serve: &ServeOptions) -> Result<(), CommandError> {
    let (plugins, settings) = config::load(serve.config.file.as_deref()).map_err(CommandError::configuration)?;
    let faces = faces::load(&settings.faces).map_err(CommandError::configuration)?;
    let connections = client::Connections::new();
    let (data_directory, queue_connections) = (&serve.data.directory, connections.clone());
    let storage = Storage::open(&settings, data_directory, &connections)?;
    let metrics = serve.shows_metrics().then(|| Prometheus::new(env!("CARGO_PKG_VERSION")));
    let metrics = metrics.transpose().map_err(CommandError::telemetry)?.map(Arc::new);
    let meter: Arc<dyn Meter> = match &metrics {
        Some(metrics) => Arc::clone(metrics) as Arc<dyn Meter>,
        None => Arc::new(()),
    };
    let (web, executor) = (Arc::new(HttpWeb::new(&settings)), Arc::new(TokioExecutor::new()));
    let secrets = storage.secrets(data_directory, &serve.seal)?;
    let world = World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        verifier: oidc::verifier(&settings.trust, Arc::clone(&web) as _, Arc::clone(&executor) as _),
        web,
        executor,
        secrets: Arc::clone(&secrets),
        store: storage.store(),
        meter: Arc::clone(&meter),
    };
    let reports = queued_reports::queue(&settings, || storage.aws(&queue_connections))?;
    let gauge = queued_reports::gauge(|| storage.aws(&queue_connections))?;
    let engine = Engine::new(plugins, &settings, world).map_err(CommandError::configuration)?;
    let engine = engine.with_faces(faces).with_events();
    let engine = match &reports {
        Some(queue) => engine.with_report_queue(Arc::clone(queue) as _),
        None => engine,
    };
    let engine = Arc::new(match gauge {
        Some(gauge) => engine.with_queue_gauge(gauge),
        None => engine,
    });
    let files = open_files::raise_limit();
    let listeners = if settings.live.is_on() { most_listeners(files) } else { 0 };
    // Where one client may have any number of connections, it is a proxy.
    let of_client = if serve.connections_per_client == 0 { listeners } else { MOST_OF_CLIENT };
    let consumed = Arc::clone(&engine);
    let server = Server { engine, meter, metrics, listeners: Listeners::new(listeners, of_client) };
    // One thread: a request that is answered from a cache takes less time than a switch to another thread.
    let runtime = runtime::single_threaded()?;
    if !settings.subscriptions.is_empty() {
        let topics = Arc::new(Sns::new(storage.aws(&queue_connections)));
        runtime.block_on(events::check_topics(&topics, &settings))?;
        let courier = Arc::new(HttpCourier::new(&settings).with_topics(topics));
        runtime.block_on(events::start(&server.engine, &settings, &*secrets, courier))?;
    }
    if let Some(queue) = reports {
        runtime.spawn(async move { consume_reports(&queue, &consumed).await });
    }
    let table = ConnectionTable::new(serve.limits(files, listeners));
    let outcome = runtime.block_on(listener::listen(serve.listen, server, table));
    runtime.block_on(storage.close());
    // A provider's step that never returns must not keep the process from ending.
    runtime.shutdown_background();
    outcome
}
