//! A world in memory for the engine: an upstream that always gives the same answers, and an empty store.

#[path = "../../cli/src/plugin/no_store.rs"]
mod no_store;

use std::{sync::Arc, time::Duration};

use badgesmith_engine::{
    World,
    store::{Unavailable, Unhealthy},
    world::*,
};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, ready};
use no_store::NoStore;

type Stored<'a, T, E = Unavailable> = BoxFuture<'a, Result<T, E>>;

/// Every part of the world but the store.
struct InMemory {
    /// The answer for addresses that end with a NuGet package's index.
    index: Bytes,
    /// The answer for every other address that ends in `.json`.
    document: Bytes,
    /// The answer for all other addresses.
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
        secrets: all,
        store: Arc::new(NoStore),
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

/// Everything runs on the calling thread, so that callgrind counts it there.
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
