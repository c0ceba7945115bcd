//! A world in memory for the engine: an upstream that always has the same answers, and a store without anything.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{World, store::*, world::*};
use badgesmith_provider::{FoundParts, FoundState, Record, State};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, ready};

type Stored<'a, T, E = Unavailable> = BoxFuture<'a, Result<T, E>>;

/// Every part of the world.
struct InMemory {
    /// A package's index, by which NuGet's address of it ends.
    index: Bytes,
    /// What every other address ending in `.json` has.
    document: Bytes,
    /// What everything else has.
    leaf: Bytes,
}

/// A world whose NuGet has `index` for every package, and whose web has `document` at every address.
pub(crate) fn world(index: String, document: String) -> World {
    let leaf = Bytes::from_static(br#"{"listed":true}"#);
    let all = Arc::new(InMemory { index: index.into(), document: document.into(), leaf });
    World {
        upstream: all.clone(),
        web: all.clone(),
        executor: all.clone(),
        secrets: all.clone(),
        store: all,
        meter: Arc::new(()),
        verifier: Arc::new(()),
    }
}

impl Upstream for InMemory {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let path = ask.url.path();
        let body = if path.ends_with("/index.json") {
            &self.index
        } else if path.ends_with("/document.json") {
            &self.document
        } else {
            &self.leaf
        };
        ready(Ok(Reply { status: 200, body: body.clone(), ..Reply::default() })).boxed()
    }
}

/// Everything runs on the thread that asks, so that callgrind counts it there.
impl Executor for InMemory {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(time).boxed()
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    fn clock(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn spread(&self) -> f64 {
        0.5
    }
}

impl Secrets for InMemory {
    fn find<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a str) -> Stored<'a, Vec<Secret>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn check(&self) -> Stored<'_, (), Unhealthy> {
        ready(Ok(())).boxed()
    }
}

impl Store for InMemory {
    fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> Stored<'a, Option<Bytes>> {
        ready(Ok(None)).boxed()
    }

    fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}

    fn record<'a>(&'a self, _: &'a Entry) -> Stored<'a, Recorded> {
        absent()
    }

    fn history<'a>(&'a self, _: &'a str, _: &'a Subject, _: Span, _: SystemTime) -> Stored<'a, Vec<Record>> {
        absent()
    }

    fn part_records<'a>(&'a self, _: &'a EveryPart, _: SystemTime) -> Stored<'a, FoundParts> {
        absent()
    }

    fn put_told_state<'a>(&'a self, _: &'a State, _: SystemTime, _: Option<&'a Row>) -> Stored<'a, bool> {
        absent()
    }

    fn states<'a>(&'a self, _: &'a States, _: SystemTime) -> Stored<'a, Vec<FoundState>> {
        absent()
    }

    fn deliver<'a>(&'a self, _: &'a Delivery) -> Stored<'a, bool> {
        absent()
    }

    fn owners<'a>(&'a self, _: &'a str, _: usize) -> Stored<'a, Vec<String>> {
        absent()
    }

    fn subjects<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: &'a str,
        _: usize,
        _: SystemTime,
    ) -> Stored<'a, Vec<ListedSubject>> {
        absent()
    }

    fn mark_stale<'a>(&'a self, _: &'a str, _: SystemTime) -> Stored<'a, ()> {
        absent()
    }

    fn answer_about<'a>(&'a self, _: &'a str, _: &'a str, _: SystemTime) -> Stored<'a, MarkedAnswer> {
        ready(Ok(MarkedAnswer::default())).boxed()
    }

    fn check(&self) -> Stored<'_, (), Unhealthy> {
        ready(Ok(())).boxed()
    }
}

/// What the hot paths do not need.
fn absent<'a, T: Send + 'a>() -> Stored<'a, T> {
    ready(Err(Unavailable("this world has no store".to_owned()))).boxed()
}
