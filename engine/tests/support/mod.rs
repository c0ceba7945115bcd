//! An engine over in-memory upstreams, store and clock that a test controls, and plugins built from C.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, reason = "each test file uses its part")]

pub mod ci;
pub mod live;
pub mod memory_rows;
pub mod memory_states;
pub mod memory_store;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, Once, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Config, Engine, Plugin, Request, Response, RouteError, Settings, World, plugins,
    world::{Ask, Event, Executor, Fault, Meter, Reply, Upstream},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};
pub use memory_store::MemoryStore;

/// 2026-11-21 12:00:00 UTC.
pub const NOON: Duration = Duration::from_secs(1_795_262_400);

type Model = Box<dyn Fn(&Ask) -> Reply + Send + Sync>;

/// Upstreams in memory: the reply of each address, and the requests that were sent.
#[derive(Default)]
pub struct MemoryUpstream {
    replies: Mutex<HashMap<String, Result<Reply, Fault>>>,
    pub asked: Mutex<Vec<Ask>>,
    /// The addresses that redirect, and their targets.
    pub redirects: Mutex<HashMap<String, String>>,
    /// How long every reply takes.
    pub delay: Mutex<Duration>,
    /// What replies to every request, in the place of `replies`.
    pub model: OnceLock<Model>,
}

impl MemoryUpstream {
    pub fn set(&self, url: &str, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let reply = Reply { status, headers: map, body: Bytes::from(body.to_owned()) };
        self.replies.lock().unwrap().insert(url.to_owned(), Ok(reply));
    }

    pub fn fault(&self, url: &str, fault: Fault) {
        self.replies.lock().unwrap().insert(url.to_owned(), Err(fault));
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Upstream for MemoryUpstream {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let url = ask.url.to_string();
        self.asked.lock().unwrap().push(ask.clone());
        let delay = *self.delay.lock().unwrap();
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            if let Some(model) = self.model.get() {
                return Ok(model(&ask));
            }
            let url = self.redirects.lock().unwrap().get(&url).cloned().unwrap_or(url);
            ask.progress.go(&url.parse().unwrap());
            let reply = self.replies.lock().unwrap().get(&url).cloned();
            let reply = reply.unwrap_or_else(|| Err(Fault::Unreachable("no such upstream".to_owned())))?;
            let etag = reply.headers.get("etag").and_then(|etag| etag.to_str().ok());
            if etag.is_some() && etag == ask.etag.as_deref() {
                return Ok(Reply { status: 304, ..Reply::default() });
            }
            Ok(reply)
        })
    }
}

/// Runs blocking work at once, or holds it until the test releases it. Its clock is tokio's.
#[derive(Default)]
pub struct ManualExecutor {
    /// Whether work that is passed to `run` is held.
    pub holds_steps: std::sync::atomic::AtomicBool,
    /// Whether all work is dropped instead of run.
    pub drops_work: std::sync::atomic::AtomicBool,
    held: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    /// How often `run` was called.
    pub steps: AtomicUsize,
    start: OnceLock<tokio::time::Instant>,
}

impl ManualExecutor {
    /// Runs the held work.
    pub fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        held.into_iter().for_each(|work| work());
    }
}

/// A metrics sink that lists the events, without durations.
#[derive(Default)]
pub struct EventLog(Mutex<Vec<String>>);

impl EventLog {
    /// Takes the events since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Meter for EventLog {
    fn note(&self, event: &Event<'_>) {
        let entry = match event {
            Event::Answered { .. } => "answered".to_owned(),
            Event::Stepped { plugin, outcome, .. } => format!("{plugin} step {}", outcome.name()),
            Event::Supplied { plugin, from } => format!("{plugin} supplied {}", from.name()),
            Event::Called { plugin, outcome, .. } => format!("{plugin} called {}", outcome.name()),
            Event::Opened { plugin } => format!("{plugin} opened"),
            Event::Reported { plugin, outcome, .. } => format!("{plugin} report {outcome}"),
            Event::Told { event } => format!("told {event}"),
            Event::Sent { subscription, outcome, .. } => format!("{subscription} {outcome}"),
            Event::RateLimited { limit } => format!("rate of {} exceeded", limit.name()),
            Event::Delivered { plugin, event, outcome } => format!("{plugin} delivery {event} {outcome}"),
        };
        self.0.lock().unwrap().push(entry);
    }
}

impl Executor for ManualExecutor {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        if !self.drops_work.load(Ordering::Relaxed) {
            tokio::spawn(work);
        }
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        if self.drops_work.load(Ordering::Relaxed) {
            return;
        }
        if self.holds_steps.load(Ordering::Relaxed) { self.held.lock().unwrap().push(work) } else { work() }
    }

    fn clock(&self) -> Duration {
        self.start.get_or_init(tokio::time::Instant::now).elapsed()
    }

    fn spread(&self) -> f64 {
        0.5
    }
}

/// An engine with its world, and the time at which the next request arrives.
pub struct TestServer {
    pub engine: Engine,
    pub upstream: Arc<MemoryUpstream>,
    pub web: Arc<MemoryUpstream>,
    pub executor: Arc<ManualExecutor>,
    pub store: Arc<MemoryStore>,
    pub events: Arc<EventLog>,
    pub now: Mutex<SystemTime>,
}

impl TestServer {
    pub fn new(plugins_toml: &str) -> Self {
        Self::try_new(plugins_toml).unwrap()
    }

    pub fn try_new(plugins_toml: &str) -> Result<Self, String> {
        Self::with_store(plugins_toml, Arc::default())
    }

    /// An engine over a store that another one used before.
    pub fn with_store(plugins_toml: &str, store: Arc<MemoryStore>) -> Result<Self, String> {
        let config = Config::parse(plugins_toml, Path::new("plugins.toml")).map_err(|fault| fault.to_string())?;
        let plugins = plugins::load(&config, &[]).map_err(|fault| fault.to_string())?;
        Self::with_plugins(plugins, &config.engine, store).map_err(|fault| fault.to_string())
    }

    /// An engine with these plugins.
    pub fn with_plugins(
        plugins: Vec<Plugin>,
        settings: &Settings,
        store: Arc<MemoryStore>,
    ) -> Result<Self, RouteError> {
        Self::with_engine(store, |world| Engine::new(plugins, settings, world))
    }

    /// An engine that `make` makes with this world.
    pub fn with_engine<E>(store: Arc<MemoryStore>, make: impl FnOnce(World) -> Result<Engine, E>) -> Result<Self, E> {
        let (upstream, web) = (Arc::<MemoryUpstream>::default(), Arc::<MemoryUpstream>::default());
        let executor = Arc::<ManualExecutor>::default();
        let events = Arc::<EventLog>::default();
        let world = World {
            upstream: upstream.clone(),
            web: web.clone(),
            executor: executor.clone(),
            secrets: store.clone(),
            store: store.clone(),
            meter: events.clone(),
            verifier: Arc::new(()),
        };
        let engine = make(world)?;
        Ok(Self { engine, upstream, web, executor, store, events, now: Mutex::new(SystemTime::UNIX_EPOCH + NOON) })
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(&Request::get(path)).await
    }

    pub async fn send(&self, request: &Request) -> Response {
        let now = *self.now.lock().unwrap();
        #[cfg(feature = "response-cache")]
        return self.engine.respond_cached(request, now).await;
        #[cfg(not(feature = "response-cache"))]
        self.engine.respond(request, now).await
    }

    /// The title of the SVG at a path, such as `label: message`; the whole body where it is no SVG.
    pub async fn words(&self, path: &str) -> String {
        let response = self.get(path).await;
        let text = String::from_utf8(response.body.to_vec()).unwrap();
        title(&text).unwrap_or(&text).to_owned()
    }

    /// Moves the time forward.
    pub fn advance(&self, seconds: u64) {
        *self.now.lock().unwrap() += Duration::from_secs(seconds);
    }
}

/// The text of an SVG's `<title>`.
pub fn title(svg: &str) -> Option<&str> {
    svg.split_once("<title>")?.1.split_once("</title>").map(|(title, _)| title)
}

/// Compiles a C file of `tests/plugins` to a shared library, and returns its path.
pub fn build(source: &str, name: &str, defines: &[&str]) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.so", name));
    // Tests run in parallel, in several processes: each compiles to a file of its own and renames it.
    let fresh = library.with_extension(format!("{}.{:?}", std::process::id(), std::thread::current().id()));
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-fvisibility=hidden", "-O1", "-Wall", "-Wextra", "-Werror"])
        .args(["-Wno-unused-function", "-Wno-unused-variable"])
        .args(defines)
        .arg("-I")
        .arg(here.join("../providers/sdk/include"))
        .arg(here.join("tests/plugins").join(source))
        .arg("-o")
        .arg(&fresh)
        .output()
        .expect("a C compiler is needed for the plugins of the tests");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    std::fs::rename(&fresh, &library).unwrap();
    library
}

/// The C provider of the tests.
pub fn hello() -> PathBuf {
    build("hello.c", "hello", &[])
}

/// plugins.toml with the C provider alone.
pub fn hello_toml() -> String {
    format!("[[plugin]]\nid = \"hello\"\nlibrary = {:?}\norigins = [\"https://example.com\"]\n", hello())
}

/// plugins.toml with the faulty C provider; `lie` selects its fault.
pub fn liar_toml(lie: &str) -> String {
    let library = build("liar.c", lie, &[&format!("-DLIE={lie}")]);
    format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n")
}

/// Sets a subscriber for every thread, which writes nothing. Without one, tracing may remember of a line that another
/// test logs at the same moment that nobody wants it, and the test's own subscriber would not get it.
fn keep_callsites_enabled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let nowhere = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::sink);
        // Another one is as good.
        let _ = tracing::subscriber::set_global_default(nowhere.finish());
    });
}

/// Collects the log lines while its subscriber is set.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        keep_callsites_enabled();
        let log = self.clone();
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
