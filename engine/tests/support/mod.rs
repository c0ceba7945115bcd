//! A world that moves by hand, and plugins built from C.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, reason = "each test file uses its part")]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Config, Engine, Plugin, Request, Response, RouteError, Settings, World, plugins,
    store::{Entry, Ill, Recorded, Span, Store, Subject, Unavailable},
    world::{Ask, Event, Executor, Fault, Meter, Reply, Secret, Secrets, Upstream},
};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

/// 2026-11-21 12:00:00 UTC.
pub const NOON: Duration = Duration::from_secs(1_795_262_400);

/// Upstreams in memory: what each address answers, and what was asked.
#[derive(Default)]
pub struct Memory {
    replies: Mutex<HashMap<String, Result<Reply, Fault>>>,
    pub asked: Mutex<Vec<Ask>>,
    /// Where an address leads, for those that lead elsewhere.
    pub leads: Mutex<HashMap<String, String>>,
    /// How long every answer takes.
    pub delay: Mutex<Duration>,
}

impl Memory {
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

impl Upstream for Memory {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let url = ask.url.to_string();
        self.asked.lock().unwrap().push(ask.clone());
        let delay = *self.delay.lock().unwrap();
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            let url = self.leads.lock().unwrap().get(&url).cloned().unwrap_or(url);
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

/// Runs steps at once, or never where `lost` says so.
#[derive(Default)]
pub struct ByHand {
    pub lost: std::sync::atomic::AtomicBool,
    /// Whether work breaks off at its beginning.
    pub breaks: std::sync::atomic::AtomicBool,
    kept: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    pub steps: AtomicUsize,
    start: std::sync::OnceLock<tokio::time::Instant>,
}

impl ByHand {
    /// Lets the steps that were lost come back.
    pub fn come_back(&self) {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap());
        kept.into_iter().for_each(|work| work());
    }
}

/// Writes down what happened, without the times.
#[derive(Default)]
pub struct Diary(Mutex<Vec<String>>);

impl Diary {
    /// What happened since the last time this was asked.
    pub fn read(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Meter for Diary {
    fn note(&self, event: &Event<'_>) {
        let entry = match event {
            Event::Answered { .. } => "answered".to_owned(),
            Event::Stepped { plugin, outcome, .. } => format!("{plugin} step {}", outcome.name()),
            Event::Supplied { plugin, from } => format!("{plugin} supplied {}", from.name()),
            Event::Called { plugin, outcome, .. } => format!("{plugin} called {}", outcome.name()),
            Event::Opened { plugin } => format!("{plugin} opened"),
            Event::Reported { plugin, outcome } => format!("{plugin} report {outcome}"),
        };
        self.0.lock().unwrap().push(entry);
    }
}

impl Executor for ByHand {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        if !self.breaks.load(Ordering::Relaxed) {
            tokio::spawn(work);
        }
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        if self.breaks.load(Ordering::Relaxed) {
            return;
        }
        if self.lost.load(Ordering::Relaxed) { self.kept.lock().unwrap().push(work) } else { work() }
    }

    fn clock(&self) -> Duration {
        let start = *self.start.get_or_init(tokio::time::Instant::now);
        start.elapsed()
    }

    fn spread(&self) -> f64 {
        0.5
    }
}

/// Secrets and kept answers in memory.
#[derive(Default)]
pub struct Drawer {
    pub secrets: Mutex<HashMap<(String, String), Vec<String>>>,
    pub answers: Mutex<HashMap<String, (Bytes, SystemTime)>>,
    pub entries: Mutex<Vec<Entry>>,
    /// How often secrets were looked up, and how often something was to be recorded.
    pub lookups: AtomicUsize,
    pub writes: AtomicUsize,
    pub is_down: std::sync::atomic::AtomicBool,
    pub are_secrets_down: std::sync::atomic::AtomicBool,
    /// How often the store and the secrets were asked how they are.
    pub checks: AtomicUsize,
}

impl Secrets for Drawer {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let secrets = self.secrets.lock().unwrap();
        let of = |holder: String| secrets.get(&(holder, purpose.to_owned())).cloned();
        let found = repo.and_then(|repo| of(format!("{owner}/{repo}"))).or_else(|| of(owner.to_owned()));
        let is_down = self.are_secrets_down.load(Ordering::Relaxed);
        Box::pin(async move {
            if is_down {
                return Err(Unavailable("they are down".to_owned()));
            }
            Ok(found.unwrap_or_default().into_iter().map(Secret::new).collect())
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let is_down = self.are_secrets_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Unavailable("they are down".to_owned()).into()) } else { Ok(()) } })
    }
}

impl Store for Drawer {
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        let found = self.answers.lock().unwrap().get(key).filter(|(_, expires)| *expires > now).cloned();
        Box::pin(async move { Ok(found.map(|(bytes, _)| bytes)) })
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        self.answers.lock().unwrap().insert(key.to_owned(), (answer, expires));
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        if self.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Unavailable("it is down".to_owned())) });
        }
        let mut entries = self.entries.lock().unwrap();
        let same = entries.iter().filter(|other| other.subject == entry.subject).collect::<Vec<_>>();
        let run = |entry: &Entry| (entry.record.run_id.clone(), entry.record.run_attempt);
        let recorded = if same.iter().any(|other| other.nonce == entry.nonce) {
            Recorded::NonceUsed
        } else if same.iter().any(|other| run(other) == run(entry)) {
            Recorded::Duplicate
        } else {
            entries.push(entry.clone());
            Recorded::New
        };
        Box::pin(async move { Ok(recorded) })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        if self.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Unavailable("it is down".to_owned())) });
        }
        let entries = self.entries.lock().unwrap();
        let of = entries.iter().filter(|entry| entry.collection == collection && entry.subject == *subject);
        let mut records: Vec<Record> = of.map(|entry| entry.record.clone()).collect();
        records.sort_by_key(|record| (record.timestamp_ms, record.run_id.clone(), record.run_attempt));
        records.reverse();
        records.retain(|record| span.since_ms.is_none_or(|since| record.timestamp_ms.as_ms() >= since));
        records.truncate(span.last);
        Box::pin(async move { Ok(records) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let is_down = self.is_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Unavailable("it is down".to_owned()).into()) } else { Ok(()) } })
    }
}

/// An engine with everything around it.
pub struct Stage {
    pub engine: Engine,
    pub upstream: Arc<Memory>,
    pub web: Arc<Memory>,
    pub executor: Arc<ByHand>,
    pub drawer: Arc<Drawer>,
    pub diary: Arc<Diary>,
    pub now: Mutex<SystemTime>,
}

impl Stage {
    pub fn new(plugins_toml: &str) -> Self {
        Self::try_new(plugins_toml).unwrap()
    }

    pub fn try_new(plugins_toml: &str) -> Result<Self, String> {
        Self::over(plugins_toml, Arc::default())
    }

    /// An engine over a store that was there before.
    pub fn over(plugins_toml: &str, drawer: Arc<Drawer>) -> Result<Self, String> {
        let config = Config::parse(plugins_toml, Path::new("plugins.toml")).map_err(|fault| fault.to_string())?;
        let plugins = plugins::load(&config, &[]).map_err(|fault| fault.to_string())?;
        Self::of(plugins, &config.engine, drawer).map_err(|fault| fault.to_string())
    }

    /// An engine with these plugins.
    pub fn of(plugins: Vec<Plugin>, settings: &Settings, drawer: Arc<Drawer>) -> Result<Self, RouteError> {
        let (upstream, web) = (Arc::<Memory>::default(), Arc::<Memory>::default());
        let executor = Arc::<ByHand>::default();
        let diary = Arc::<Diary>::default();
        let world = World {
            upstream: upstream.clone(),
            web: web.clone(),
            executor: executor.clone(),
            secrets: drawer.clone(),
            store: drawer.clone(),
            meter: diary.clone(),
        };
        let engine = Engine::new(plugins, settings, world)?;
        Ok(Self { engine, upstream, web, executor, drawer, diary, now: Mutex::new(SystemTime::UNIX_EPOCH + NOON) })
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(&Request::get(path)).await
    }

    pub async fn send(&self, request: &Request) -> Response {
        let now = *self.now.lock().unwrap();
        self.engine.respond(request, now).await
    }

    /// The badge's words, as its picture says them.
    pub async fn words(&self, path: &str) -> String {
        let response = self.get(path).await;
        let text = String::from_utf8(response.body.to_vec()).unwrap();
        title(&text).unwrap_or(&text).to_owned()
    }

    pub fn pass(&self, seconds: u64) {
        *self.now.lock().unwrap() += Duration::from_secs(seconds);
    }
}

/// What an SVG's title says.
pub fn title(svg: &str) -> Option<&str> {
    svg.split_once("<title>")?.1.split_once("</title>").map(|(title, _)| title)
}

/// Builds a C file of `tests/plugins` as a library and returns where it lies.
pub fn build(source: &str, name: &str, defines: &[&str]) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.so", name));
    // Tests run at the same time, in several processes even: each builds a file of its own and moves it into place.
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

/// plugins.toml with one lie.
pub fn liar_toml(lie: &str) -> String {
    let library = build("liar.c", lie, &[&format!("-DLIE={lie}")]);
    format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n")
}

/// The lines logged while its subscriber holds.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
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
