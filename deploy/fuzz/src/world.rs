//! A world without network, whose clock advances only while something waits.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Engine, Request, Response, Settings,
    world::{Ask, Executor, Fault, Reply, Upstream, World},
};
use futures_util::future::BoxFuture;
use tokio::{runtime::Runtime, time::Instant};

use crate::MemoryStore;

/// 2026-11-21 12:00:00 UTC.
pub fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

/// Upstreams that give these replies, in this order, and the last one again and again. Without any there is no
/// connection.
#[derive(Debug, Default)]
pub struct Replies {
    replies: Mutex<VecDeque<Reply>>,
    asked: AtomicUsize,
}

impl Replies {
    /// The replies to the next requests.
    pub fn set(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.replies.lock().unwrap_or_else(PoisonError::into_inner) = replies.into_iter().collect();
    }

    /// How many requests there were.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Upstream for Replies {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        ask.progress.go(&ask.url);
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
        Box::pin(async move {
            // Otherwise a caller that calls this in a loop would never let others run.
            tokio::task::yield_now().await;
            let reply = reply.ok_or_else(|| Fault::Unreachable("there is no network".to_owned()))?;
            ask.progress.reach();
            match reply.status {
                // As the HTTP clients of `deploy/host` do.
                429 => Err(Fault::RateLimited(None)),
                500.. => Err(Fault::Status(reply.status)),
                _ if reply.body.len() > ask.largest_body => Err(Fault::TooLarge),
                _ => Ok(reply),
            }
        })
    }
}

/// Runs steps at once, on the calling thread.
#[derive(Debug)]
pub struct Inline(Instant);

impl Executor for Inline {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    fn clock(&self) -> Duration {
        self.0.elapsed()
    }

    fn spread(&self) -> f64 {
        0.5
    }
}

/// The parts of a world that a target inspects.
#[derive(Default)]
pub struct Parts {
    pub upstream: Arc<Replies>,
    pub web: Arc<Replies>,
    pub store: Arc<MemoryStore>,
}

impl Parts {
    /// A world of these parts. It is made in [`wait`].
    pub fn world(&self) -> World {
        World {
            upstream: self.upstream.clone(),
            web: self.web.clone(),
            executor: Arc::new(Inline(Instant::now())),
            secrets: self.store.clone(),
            store: self.store.clone(),
            meter: Arc::new(()),
            verifier: Arc::new(()),
        }
    }
}

/// Settings with little memory for caches, which is reserved for each engine.
pub fn settings() -> Settings {
    Settings { cache_mib: 1, ..Settings::default() }
}

/// Waits for a future. When everything waits for a timer, the clock jumps to the time of that timer.
///
/// # Panics
/// If no runtime can be made.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().expect("a runtime")
    });
    RUNTIME.block_on(work)
}

/// The answer of an engine. It is compiled once for all targets, which takes long.
pub fn answer<'a>(engine: &'a Engine, request: &'a Request) -> BoxFuture<'a, Response> {
    Box::pin(engine.respond(request, noon()))
}

/// Waits for the answer of an engine.
pub fn respond(engine: &Engine, request: &Request) -> Response {
    wait(answer(engine, request))
}

/// Waits for the answer of an engine with a cache of responses.
pub fn respond_cached(engine: &Engine, request: &Request) -> Response {
    let answer: BoxFuture<'_, Response> = Box::pin(engine.respond_cached(request, noon()));
    wait(answer)
}
