//! `badgesmith serve`: the engine over HTTP, until it is told to stop.

use std::{io::Write, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use badgesmith_engine::{
    Engine, World,
    plugins::StoreKind,
    world::{Meter, Secrets, Store},
};
use badgesmith_host::{
    aws::{self, Aws, AwsSecrets, DynamoStore},
    client::Connections,
    config,
    embedded::EmbeddedStore,
    executor::TokioExecutor,
    metrics::prometheus::Prometheus,
    secrets::FileSecrets,
    upstream::HttpUpstream,
    web::HttpWeb,
};
use clap::Args;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::Semaphore,
};

use crate::answer::{self, Server};

/// How many connections are open at once; more wait to be accepted.
const CONNECTIONS: usize = 1024;
/// How long a request's head may take to arrive, the wait for the next one on the same connection included.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// The largest head that is read at all, in bytes; up to there the engine says itself what is too large.
const LARGEST_HEAD: usize = 256 * 1024;
/// How long what is in flight may take once the server is told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

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
    #[command(flatten)]
    data: Data,
}

impl Serve {
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
    let connections = Connections::new();
    let memory = Memory::open(settings.store, &serve.data, &connections)?;
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
    let outcome = runtime.block_on(listen(serve.listen, server));
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
    fn open(kind: StoreKind, data: &Data, connections: &Connections) -> Result<Self, String> {
        Ok(match kind {
            StoreKind::Embedded => Self::Embedded(Arc::new(EmbeddedStore::open(&data.directory)?)),
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
            Self::Embedded(_) => Arc::new(FileSecrets::new(&data.directory)),
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

async fn listen(address: SocketAddr, server: Server) -> Result<(), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|fault| format!("cannot listen at {address}: {fault}; choose another address with --listen"))?;
    let address = listener.local_addr().unwrap_or(address);
    let stop = stop_signal()?;
    announce(address, &server);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = async { (place.await, listener.accept().await) } => accepted,
        };
        match accepted {
            (place, Ok((stream, from))) => {
                let serving = graceful.watch(connection(stream, from, server.clone()));
                tokio::spawn(async move {
                    // A caller that goes away in the middle is no event.
                    let _ = serving.await;
                    drop(place);
                });
            }
            (_, Err(fault)) => {
                tracing::warn!(%fault, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    tracing::info!("stopping: finishing what is in flight");
    drop(listener);
    let _ = tokio::time::timeout(STOP_PATIENCE, graceful.shutdown()).await;
    Ok(())
}

/// One connection, with HTTP/1.1 keep-alive and pipelining.
fn connection(
    stream: TcpStream,
    from: SocketAddr,
    server: Server,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Nagle's algorithm would hold back small answers.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .pipeline_flush(true)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(move |request| answer::answer(server.clone(), from, request)),
        )
}

/// Ends with Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map_err(|fault| format!("cannot listen for SIGTERM: {fault}"))?
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Says where it listens and what there is to see.
fn announce(address: SocketAddr, server: &Server) {
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
