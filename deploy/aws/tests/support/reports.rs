//! An engine that takes signed reports for a queue, over a store of the test's choice.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Engine, Ingest, Plugin, QueuedReport, ReportQueue, Request, Settings, World,
    signature::sign,
    store::{
        Delivery, Entry, EveryPart, ListedSubject, MarkedAnswer, Nonce, Recorded, Row, Span, States, Store, Subject,
    },
    world::{Ask, Fault, Reply, Secret, Secrets, Unavailable, Unhealthy, Upstream},
};
use badgesmith_host::executor::TokioExecutor;
use badgesmith_provider::{
    Badge, Call, Failure, FoundParts, FoundState, Manifest, Provider, Record, State, Step, Timestamp,
};
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use serde_json::{Map, json};

const SECRET: &str = "a secret of the tests";
/// The collection of the reports.
pub(crate) const COLLECTION: &str = "test-results";

#[derive(Debug)]
struct Reports;

impl Provider for Reports {
    fn badge(&self, _: &Call) -> Result<Badge, Step> {
        Err(Failure::not_found("NONE", "no badge").into())
    }

    fn accept(&self, _: &Call, body: &[u8]) -> Result<Record, Step> {
        let body: serde_json::Value = serde_json::from_slice(body).map_err(|_| Failure::invalid_response())?;
        let number = body["run"].as_i64().unwrap_or_default();
        let run_id = number.to_string();
        Ok(Record { run_id, run_attempt: 1, timestamp_ms: Timestamp::nearest(number * 1000), fields: Map::new() })
    }
}

fn plugin() -> Plugin {
    let manifest = r#"{"id": "reports", "version": "1.0.0", "mount": "/badges/reports", "badges": [
        {"name": "one", "route": "{platform}/{owner}/{repo}/{branch…}", "label": "x", "summary": "Shows.",
         "example": "linux/acme/tools/main"}],
        "reports": [{"name": "one", "route": "/reports/{platform}/{owner}/{repo}/{branch…}",
         "collection": "test-results", "purpose": "TestData", "summary": "Reports.",
         "example": "/reports/linux/acme/tools/main"}], "collections": ["test-results"]}"#;
    Plugin::new("reports", Manifest::parse(manifest).unwrap(), Arc::new(Reports)).unwrap().with_concurrent_steps(8)
}

/// No upstreams, and one secret for everybody, unless they are refused.
#[derive(Debug, Default)]
pub(crate) struct Stub {
    pub(crate) refuses_secrets: AtomicBool,
}

impl Upstream for Stub {
    fn fetch(&self, _: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(ready(Err(Fault::Busy)))
    }
}

impl Secrets for Stub {
    fn find<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a str) -> Answered<'a, Vec<Secret>> {
        let is_refused = self.refuses_secrets.load(Ordering::Relaxed);
        Box::pin(ready(if is_refused { Err(refused()) } else { Ok(vec![Secret::new(SECRET)]) }))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        Box::pin(ready(Ok(())))
    }
}

type Answered<'a, T> = BoxFuture<'a, Result<T, Unavailable>>;

fn refused() -> Unavailable {
    Unavailable("refused on purpose".to_owned())
}

/// An engine over a store, which puts reports into the queue if there is one.
pub(crate) fn engine(store: Arc<dyn Store>, secrets: Arc<Stub>, queue: Option<Arc<dyn ReportQueue>>) -> Engine {
    engine_with(vec![plugin()], store, secrets, queue)
}

/// The same without a plugin, as after one was removed.
pub(crate) fn engine_without_plugins(store: Arc<dyn Store>) -> Engine {
    engine_with(Vec::new(), store, Arc::default(), None)
}

fn engine_with(
    plugins: Vec<Plugin>,
    store: Arc<dyn Store>,
    secrets: Arc<Stub>,
    queue: Option<Arc<dyn ReportQueue>>,
) -> Engine {
    let stub = Arc::new(Stub::default());
    let world = World {
        upstream: Arc::clone(&stub) as _,
        web: stub,
        executor: Arc::new(TokioExecutor::new()),
        secrets,
        store,
        meter: Arc::new(()),
        verifier: Arc::new(()),
    };
    let settings = Settings { ingest: Ingest::Queue, ..Settings::default() };
    let engine = Engine::new(plugins, &settings, world).unwrap();
    match queue {
        Some(queue) => engine.with_report_queue(queue),
        None => engine,
    }
}

/// Sends the report of a run, and returns the status and the answer.
pub(crate) async fn report(engine: &Engine, branch: &str, run: u32) -> (u16, serde_json::Value) {
    static NONCE: AtomicU32 = AtomicU32::new(0);
    let nonce = format!("n{}", NONCE.fetch_add(1, Ordering::Relaxed));
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let timestamp = Timestamp::nearest(i64::try_from(since.as_millis()).unwrap()).to_string();
    let (path, body) = (format!("/reports/linux/acme/tools/{branch}"), json!({ "run": run }).to_string());
    let mut request = Request::get(&path);
    request.method = http::Method::POST;
    let signature = sign(SECRET, &timestamp, &nonce, "POST", &path, body.as_bytes());
    for (name, value) in [("x-signature", &signature), ("x-timestamp", &timestamp), ("x-nonce", &nonce)] {
        request.headers.insert(name, value.parse().unwrap());
    }
    request.headers.insert("content-type", "application/json".parse().unwrap());
    request.body = body.into();
    let response = engine.respond(&request, now).await;
    (response.status.as_u16(), serde_json::from_slice(&response.body).unwrap_or_default())
}

/// The runs that a branch has, the newest first.
pub(crate) async fn runs(store: &dyn Store, branch: &str) -> Vec<u32> {
    let subject = Subject::new("acme", "tools", "linux", branch).unwrap();
    let found = store
        .history(COLLECTION, &subject, Span { last: 1000, since_ms: None, before: None }, SystemTime::now())
        .await
        .unwrap();
    found.into_iter().map(|record| record.run_id.parse().unwrap()).collect()
}

/// A queue in memory, which may be refused.
#[derive(Debug, Default)]
pub(crate) struct MemoryQueue {
    pub(crate) sent: Mutex<Vec<QueuedReport>>,
    pub(crate) is_refused: AtomicBool,
}

impl ReportQueue for MemoryQueue {
    fn send(&self, report: QueuedReport) -> Answered<'_, ()> {
        let is_refused = self.is_refused.load(Ordering::Relaxed);
        if !is_refused {
            self.sent.lock().unwrap().push(report);
        }
        Box::pin(ready(if is_refused { Err(refused()) } else { Ok(()) }))
    }
}

/// A store in memory of which either table may be refused.
#[derive(Default)]
pub(crate) struct RefusingStore {
    pub(crate) refuses_results: AtomicBool,
    pub(crate) refuses_nonces: AtomicBool,
    nonces: Mutex<BTreeSet<String>>,
    records: Mutex<BTreeMap<Subject, BTreeMap<i64, Record>>>,
    /// How often a record was written.
    pub(crate) writes: AtomicU32,
}

impl Store for RefusingStore {
    fn record<'a>(&'a self, entry: &'a Entry) -> Answered<'a, Recorded> {
        if self.refuses_results.load(Ordering::Relaxed) {
            return Box::pin(ready(Err(refused())));
        }
        let mut records = self.records.lock().unwrap();
        let known = records.entry(entry.subject.clone()).or_default();
        let is_new = known.insert(entry.record.run_id.parse().unwrap(), entry.record.clone()).is_none();
        self.writes.fetch_add(u32::from(is_new), Ordering::Relaxed);
        Box::pin(ready(Ok(if is_new { Recorded::New } else { Recorded::Duplicate })))
    }

    fn claim_nonce<'a>(&'a self, _: &'a str, _: &'a Subject, nonce: &'a Nonce, _: SystemTime) -> Answered<'a, bool> {
        let is_refused = self.refuses_nonces.load(Ordering::Relaxed);
        let claimed = || self.nonces.lock().unwrap().insert(nonce.value.clone());
        Box::pin(ready(if is_refused { Err(refused()) } else { Ok(claimed()) }))
    }

    fn history<'a>(&'a self, _: &'a str, subject: &'a Subject, _: Span, _: SystemTime) -> Answered<'a, Vec<Record>> {
        let records = self.records.lock().unwrap();
        let found = records.get(subject).map(|found| found.values().rev().cloned().collect());
        Box::pin(ready(Ok(found.unwrap_or_default())))
    }

    fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> Answered<'a, Option<Bytes>> {
        Box::pin(ready(Ok(None)))
    }

    fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}

    fn part_records<'a>(&'a self, _: &'a EveryPart, _: SystemTime) -> Answered<'a, FoundParts> {
        Box::pin(ready(Err(refused())))
    }

    fn put_told_state<'a>(&'a self, _: &'a State, _: SystemTime, _: Option<&'a Row>) -> Answered<'a, bool> {
        Box::pin(ready(Err(refused())))
    }

    fn states<'a>(&'a self, _: &'a States, _: SystemTime) -> Answered<'a, Vec<FoundState>> {
        Box::pin(ready(Err(refused())))
    }

    fn deliver<'a>(&'a self, _: &'a Delivery) -> Answered<'a, bool> {
        Box::pin(ready(Err(refused())))
    }

    fn owners<'a>(&'a self, _: &'a str, _: usize) -> Answered<'a, Vec<String>> {
        Box::pin(ready(Err(refused())))
    }

    fn subjects<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: &'a str,
        _: usize,
        _: SystemTime,
    ) -> Answered<'a, Vec<ListedSubject>> {
        Box::pin(ready(Err(refused())))
    }

    fn mark_stale<'a>(&'a self, _: &'a str, _: SystemTime) -> Answered<'a, ()> {
        Box::pin(ready(Err(refused())))
    }

    fn answer_about<'a>(&'a self, _: &'a str, _: &'a str, _: SystemTime) -> Answered<'a, MarkedAnswer> {
        Box::pin(ready(Err(refused())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        Box::pin(ready(Ok(())))
    }
}

/// Longer than any test may take.
pub(crate) const LONG: Duration = Duration::from_secs(120);
