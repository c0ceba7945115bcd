//! `badgesmith serve`: the engine over HTTP, until it is told to stop.

mod activity;
mod answer;
mod base_path;
mod call_log;
mod client_address;
mod client_stream;
mod clock;
mod connection_table;
#[cfg(unix)]
mod control_socket;
mod current_engine;
mod events;
mod forwarded;
mod foundation;
mod greeting;
mod listen_address;
mod listener;
mod listeners;
mod listening_socket;
mod network;
mod open_files;
mod peer;
mod poll_time;
mod queued_reports;
mod rate;
mod rate_limits;
mod rate_table;
#[cfg(unix)]
mod reload;
mod socket;
mod span;
mod storage;
#[cfg(unix)]
mod trial;
mod trusted_proxies;
#[cfg(unix)]
mod watch;
mod workers;

use std::{
    cmp::max,
    num::NonZero,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use badgesmith_aws::report_consumer::consume_reports;
use badgesmith_engine::world::Meter;
use badgesmith_host::{
    client, config, extra_roots::ExtraRoots, library_copies::LibraryCopies, metrics::prometheus::Prometheus,
};
use clap::{Args, builder::RangedU64ValueParser};

use crate::{
    arguments::{ConfigOption, DataOption},
    command_error::CommandError,
    runtime,
    seal::SealOption,
};
use answer::Server;
use base_path::BasePath;
use connection_table::{ConnectionLimits, ConnectionTable};
#[cfg(unix)]
use control_socket::{ControlSocket, reload_on_signal};
use current_engine::CurrentEngine;
use foundation::{Foundation, IfMissing, Loaded};
use listen_address::ListenAddress;
use listeners::{Listeners, MOST_LISTENERS, MOST_OF_CLIENT};
use network::Network;
use rate::Rate;
use rate_limits::ClientRate;
#[cfg(unix)]
use reload::Reloader;
use storage::Storage;
use trusted_proxies::{TrustedProxies, TrustedProxy};
use workers::Workers;

/// How many open files are reserved for everything but clients' connections: upstreams, the store, secrets.
const OTHER_FILES: usize = 160;

/// The most threads that serve connections. More than the processors of any machine would only take memory.
const MOST_THREADS: u64 = 512;

/// Answers requests over HTTP.
#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// The address and port to listen at, such as `[::]:8080` for IPv6 and IPv4, or a Unix socket:
    /// `unix:/run/badgesmith.sock`.
    #[arg(long, env = "BADGESMITH_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: ListenAddress,
    /// The mode of the Unix socket's file: who may connect.
    #[cfg(unix)]
    #[arg(long, env = "BADGESMITH_LISTEN_MODE", value_name = "MODE", default_value = "660", value_parser = parse_mode)]
    listen_mode: u32,
    /// The path below which a proxy shows the server, such as /badges. Requests have it, and every other path is not
    /// found.
    #[arg(long, env = "BADGESMITH_BASE", value_name = "PATH", default_value = "/")]
    base: BasePath,
    /// A proxy, such as 10.0.0.0/8 or 127.0.0.1, that is believed what X-Forwarded-For or Forwarded say of its client;
    /// unix is whoever connects to the Unix socket. It may be given several times.
    #[arg(long, env = "BADGESMITH_TRUST", value_name = "NETWORK", value_delimiter = ',')]
    trust: Vec<TrustedProxy>,
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
    /// How many threads serve connections; by default as many as the process may use processors.
    #[arg(
        long,
        env = "BADGESMITH_THREADS",
        value_name = "COUNT",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_THREADS)
    )]
    threads: Option<usize>,
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
    /// How many requests a client may send, such as 50/s, 600/m or 1000/h: so many at once, and as many more in each
    /// second, minute or hour. It is for a server without a CDN in front. Without it there is no limit.
    #[arg(long, env = "BADGESMITH_RATE", value_name = "RATE")]
    rate: Option<Rate>,
    /// How many reports an owner may send, counted when their signature or token was verified, such as 60/m. Without it
    /// there is no limit.
    #[arg(long, env = "BADGESMITH_REPORT_RATE", value_name = "RATE")]
    report_rate: Option<Rate>,
    /// For how many seconds the server takes requests after it was told to stop, while /health/ready answers 503: so
    /// long as a load balancer needs to see it.
    #[arg(
        long,
        env = "BADGESMITH_STOP_DELAY",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = RangedU64ValueParser::<u64>::new().range(0..=300)
    )]
    stop_delay: u64,
    /// Reloads as soon as plugins.toml changes, or a file that it names: while plugins are developed.
    #[cfg(unix)]
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    seal: SealOption,
}

impl ServeOptions {
    /// How many connections there may be besides those of listeners if the process may open `files` files; `None` means
    /// no limit.
    fn limits(&self, files: Option<usize>, listeners: usize) -> ConnectionLimits {
        let room = files.map_or(usize::MAX, |files| max(files.saturating_sub(OTHER_FILES), files / 2) - listeners);
        if room < self.connections {
            tracing::warn!(room, wanted = self.connections, "fewer connections: no more files may be open at once");
        }
        let all = self.connections.min(room);
        let per_client = if self.connections_per_client == 0 { all } else { self.connections_per_client };
        ConnectionLimits { all, per_client }
    }

    /// The folder of copies of libraries, with `--watch`.
    fn library_copies(&self) -> Result<Option<Arc<LibraryCopies>>, CommandError> {
        #[cfg(unix)]
        if self.watch {
            let copies = LibraryCopies::new().map_err(CommandError::file(&std::env::temp_dir()))?;
            return Ok(Some(Arc::new(copies)));
        }
        Ok(None)
    }

    /// How many threads serve connections: one if the number of processors is unknown.
    fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get))
    }

    fn shows_metrics(&self) -> bool {
        self.metrics.unwrap_or_else(|| self.listen.is_loopback())
    }
}

/// Parses the mode of a file, in octal digits.
#[cfg(unix)]
fn parse_mode(text: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or("write three octal digits, such as 660 for the user and the group")
}

/// How many listeners there may be if the process may open `files` files: at most an eighth of them.
fn most_listeners(files: Option<usize>) -> usize {
    files.map_or(MOST_LISTENERS, |files| MOST_LISTENERS.min(files / 8))
}

/// Serves until Ctrl-C or SIGTERM, and then finishes the requests in flight.
///
/// # Errors
/// Why the server cannot start.
pub(crate) fn run(serve: &ServeOptions) -> Result<(), CommandError> {
    if serve.rate.is_some() && serve.trust.is_empty() {
        if !serve.listen.has_addresses() {
            return Err(CommandError::RateOfNobody);
        }
        if serve.listen.is_loopback() {
            tracing::warn!(
                "all that connects over loopback has the rate of one client; if it is a proxy, name it with --trust"
            );
        }
    }
    let copies = serve.library_copies()?;
    let loaded = Loaded::read(serve.config.file.as_deref(), IfMissing::NoPlugins, copies.clone())?;
    let settings = loaded.settings.clone();
    let roots = ExtraRoots::load(settings.extra_roots.as_deref()).map_err(CommandError::configuration)?;
    let connections = client::Connections::trusting(roots.clone());
    let data_directory = &serve.data.directory;
    let storage = Storage::open(&settings, data_directory, &connections)?;
    let metrics = serve.shows_metrics().then(|| Prometheus::new(env!("CARGO_PKG_VERSION")));
    let metrics = metrics.transpose().map_err(CommandError::telemetry)?.map(Arc::new);
    let meter: Arc<dyn Meter> = match &metrics {
        Some(metrics) => Arc::clone(metrics) as Arc<dyn Meter>,
        None => Arc::new(()),
    };
    let secrets = storage.secrets(data_directory, &serve.seal)?;
    let foundation =
        Foundation::new(storage, secrets, Arc::clone(&meter), &settings, connections, roots, serve.base.as_str())?;
    let foundation = Arc::new(foundation.with_report_rate(serve.report_rate));
    let engines = CurrentEngine::new(foundation.engine(loaded)?);
    let files = open_files::raise_limit();
    let most_listeners = most_listeners(files);
    let trusted = TrustedProxies::new(serve.trust.clone());
    // If one client may have any number of connections, that client is a proxy, unless the trusted proxies are named.
    let is_proxy = serve.connections_per_client == 0 && trusted.is_empty();
    let of_client = if is_proxy { most_listeners } else { MOST_OF_CLIENT };
    let network = Arc::new(Network { trusted, base: serve.base.clone() });
    let listeners = Listeners::new(most_listeners, of_client);
    let rate = serve.rate.map(|rate| Arc::new(ClientRate::new(rate, Instant::now())));
    let server =
        Server { engines: Arc::clone(&engines), meter, metrics, listeners: Arc::clone(&listeners), network, rate };
    // A connection stays on its thread: answering a request from a cache takes less time than switching threads. This
    // runtime accepts connections and runs the background tasks.
    let runtime = runtime::single_threaded()?;
    let workers = Workers::start(serve.threads())?;
    runtime.block_on(events::check(&foundation, &settings))?;
    let telling = runtime.block_on(async { events::start(&foundation, &engines.get(), &settings) });
    if let Some(queue) = foundation.reports.clone() {
        let engines = Arc::clone(&engines);
        runtime.spawn(async move { consume_reports(&queue, || engines.get()).await });
    }
    let reserved = if settings.live.is_on() { most_listeners } else { 0 };
    let table = ConnectionTable::new(serve.limits(files, reserved));
    let stop_delay = Duration::from_secs(serve.stop_delay);
    #[cfg(unix)]
    let _control = runtime.block_on(async {
        // A reload must not take another file than the start did.
        let found = || config::locate(None).ok().map(|(file, _)| file);
        let (config, foundation) = (serve.config.file.clone().or_else(found), Arc::clone(&foundation));
        let store = foundation.storage.embedded();
        let (late, watched) = (None, serve.watch.then(|| config.clone()));
        let reloader =
            Reloader { config, started_with: settings, copies, foundation, engines, listeners, telling, late };
        let reloads = reloader.start();
        if let Some(config) = watched {
            watch::start(config, reloads.clone());
        }
        let socket = ControlSocket::open(data_directory, &reloads, store);
        reload_on_signal(reloads).map(|()| socket)
    })?;
    #[cfg(not(unix))]
    drop(telling);
    #[cfg(unix)]
    let mode = serve.listen_mode;
    #[cfg(not(unix))]
    let mode = 0;
    let outcome = runtime.block_on(listener::listen(serve.listen.clone(), mode, server, table, &workers, stop_delay));
    runtime.block_on(foundation.storage.close());
    // Ends the threads first, so that everything that they wrote reaches the store.
    drop(workers);
    // A provider's step that never returns must not keep the process from ending.
    runtime.shutdown_background();
    outcome
}
