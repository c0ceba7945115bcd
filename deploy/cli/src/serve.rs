//! `badgesmith serve`: the engine over HTTP, until it is told to stop.

mod activity;
mod answer;
mod client_address;
mod clock;
mod connection_table;
mod listener;
mod open_files;
mod socket;
mod span;

use std::{cmp::max, io::Write, net::SocketAddr, path::PathBuf, sync::Arc};

use badgesmith_engine::{
    Engine, Settings, World,
    plugins::StoreKind,
    world::{Meter, Secrets, Store},
};
use badgesmith_host::{
    aws::{self, Aws, AwsSecrets, DynamoStore},
    client, config,
    embedded::EmbeddedStore,
    executor::TokioExecutor,
    metrics::prometheus::Prometheus,
    secrets::FileSecrets,
    upstream::HttpUpstream,
    web::HttpWeb,
};
use clap::{Args, builder::RangedU64ValueParser};
use tokio::runtime;

use answer::Server;
use connection_table::{Bounds, Connections};
use listener::{STOP_PATIENCE, listen};

/// How many of the files that may be open are for everything but callers' connections: upstreams, the store, secrets.
const OTHER_FILES: usize = 160;

/// Answers requests over HTTP.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The address to listen at.
    #[arg(long, env = "BADGESMITH_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The plugins and what they may reach; without it plugins.toml here or beside the binary.
    #[arg(long, env = "BADGESMITH_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Whether /metrics shows Prometheus' text; if it is not said, only where no other machine can ask.
    #[arg(
        long,
        env = "BADGESMITH_METRICS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    metrics: Option<bool>,
    /// How many connections may be open at once; past it the one that has waited longest for its client is closed.
    #[arg(
        long,
        env = "BADGESMITH_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(16..=20_000)
    )]
    connections: usize,
    /// How many of them one client may have, an IPv4 address or an IPv6 network of 64 bits; 0 is as many as there may
    /// be. This machine itself may always have all, since a reverse proxy may stand there.
    #[arg(long, env = "BADGESMITH_CONNECTIONS_PER_CLIENT", value_name = "COUNT", default_value_t = 256)]
    connections_per_client: usize,
    #[command(flatten)]
    data: Data,
}

impl Serve {
    /// How many connections there may be, where so many files may be open.
    fn bounds(&self, files: Option<usize>) -> Bounds {
        let room = files.map_or(usize::MAX, |files| max(files.saturating_sub(OTHER_FILES), files / 2));
        if room < self.connections {
            tracing::warn!(room, wanted = self.connections, "fewer connections: no more files may be open at once");
        }
        let all = self.connections.min(room);
        Bounds { all, per_client: if self.connections_per_client == 0 { all } else { self.connections_per_client } }
    }

    fn shows_metrics(&self) -> bool {
        self.metrics.unwrap_or_else(|| self.listen.ip().is_loopback())
    }
}

/// Where lies what must survive a restart.
#[derive(Args, Debug)]
pub(crate) struct Data {
    /// The directory of the store and the secrets, private to its user.
    #[arg(long = "data", env = "BADGESMITH_DATA", value_name = "DIR", default_value = "./badgesmith-data")]
    pub(crate) directory: PathBuf,
}

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight.
///
/// # Errors
/// The sentence for whatever keeps it from starting.
pub(crate) fn run(serve: &Serve) -> Result<(), String> {
    let (plugins, settings) = config::load(serve.config.as_deref())?;
    let connections = client::Connections::new();
    let memory = Memory::open(&settings, &serve.data, &connections)?;
    let counts = serve.shows_metrics().then(|| Prometheus::new(env!("CARGO_PKG_VERSION"))).transpose()?.map(Arc::new);
    let meter: Arc<dyn Meter> = match &counts {
        Some(counts) => Arc::clone(counts) as Arc<dyn Meter>,
        None => Arc::new(()),
    };
    let world = World {
        upstream: Arc::new(HttpUpstream::over(connections)),
        web: Arc::new(HttpWeb::new(&settings)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: memory.secrets(&serve.data),
        store: memory.store(),
        meter: Arc::clone(&meter),
    };
    let server = Server { engine: Arc::new(Engine::new(plugins, &settings, world)?), meter, counts };
    // One thread: a warm request is shorter than the way to another one.
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| format!("the runtime cannot start: {fault}"))?;
    let open = Connections::new(serve.bounds(open_files::raise()));
    let outcome = runtime.block_on(listen(serve.listen, server, open));
    runtime.block_on(memory.close());
    // A provider's step that never comes back keeps nobody from stopping.
    runtime.shutdown_background();
    outcome
}

/// What survives a restart, as plugins.toml chooses it.
enum Memory {
    Embedded(Arc<EmbeddedStore>),
    DynamoDb(Arc<Aws>, DynamoStore),
}

impl Memory {
    fn open(settings: &Settings, data: &Data, connections: &client::Connections) -> Result<Self, String> {
        Ok(match settings.store {
            StoreKind::Embedded => {
                Self::Embedded(Arc::new(EmbeddedStore::open_within(&data.directory, settings.store_bytes())?))
            }
            StoreKind::DynamoDb => {
                let aws = Arc::new(Aws::new(aws::Settings::from_environment(), connections.clone()));
                Self::DynamoDb(Arc::clone(&aws), DynamoStore::new(aws))
            }
        })
    }

    fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::DynamoDb(_, store) => Arc::new(store.clone()),
        }
    }

    fn secrets(&self, data: &Data) -> Arc<dyn Secrets> {
        match self {
            Self::Embedded(_) => {
                let secrets = FileSecrets::new(&data.directory);
                secrets.look();
                Arc::new(secrets)
            }
            Self::DynamoDb(aws, _) => Arc::new(AwsSecrets::new(Arc::clone(aws))),
        }
    }

    /// Makes durable what was handed over.
    async fn close(&self) {
        match self {
            Self::Embedded(store) => store.close(),
            // What is still on its way then is asked of its upstream again.
            Self::DynamoDb(_, store) => drop(tokio::time::timeout(STOP_PATIENCE, store.settle()).await),
        }
    }
}

/// Says where it listens and what there is to see.
pub(crate) fn announce(address: SocketAddr, server: &Server) {
    let mut lines = format!("BadgeSmith {} at http://{address}\n", env!("CARGO_PKG_VERSION"));
    for plugin in server.engine.plugins() {
        lines += &format!("\n  {} {}\n", plugin.id, plugin.manifest.version);
        for badge in &plugin.manifest.badges {
            lines += &format!("    http://{address}{}\n", as_picture(&badge.example));
        }
    }
    if server.counts.is_some() {
        lines += &format!("\n  metrics\n    http://{address}/metrics\n");
    }
    lines += &format!("\n  static badges\n    http://{address}/badge/hello-world-brightgreen\n\n");
    // Whoever closed standard output does not want to know.
    let mut out = std::io::stdout();
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
}

/// An example's address as an SVG.
fn as_picture(example: &str) -> String {
    match example.split_once('?') {
        Some((path, query)) => format!("{path}.svg?{query}"),
        None => format!("{example}.svg"),
    }
}
