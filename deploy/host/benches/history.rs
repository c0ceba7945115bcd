//! How long a trend badge, a chart and a page of a history take over the embedded store with 10,000 results of a
//! branch.
//!
//! ```sh
//! cargo bench -p badgesmith-host --bench history
//! ```
//!
//! A warm request is one that was sent before; a cold chart has a title that no other one had. The memory is that of
//! the process before and after.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::{
    Engine, Plugin, Request, Settings, World,
    store::{Entry, Recorded, Store, Subject},
};
use badgesmith_host::{
    embedded::EmbeddedStore, executor::TokioExecutor, secrets::FileSecrets, upstream::HttpUpstream, web::HttpWeb,
};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Query, Record, Step, Timestamp};
use futures_util::future::join_all;
use serde_json::{Map, json};

/// How many results the branch has.
const RESULTS: u32 = 10_000;
/// How many requests each row is measured with.
const REQUESTS: u32 = 200;
/// The time between two results: all of them are in 90 days.
const APART: Duration = Duration::from_secs(12 * 60);

const MANIFEST: &str = r#"{
    "id": "runs", "version": "1.0.0", "mount": "/badges/runs", "collections": ["test-results"],
    "badges": [{ "name": "run", "route": "{platform}/{owner}/{repo}/{branch…}", "label": "tests", "summary": "Tests.",
        "example": "linux/acme/tools/main" }],
    "series": [{ "collection": "test-results", "name": "tests", "passed": "passed", "failed": "failed",
        "skipped": "skipped", "link": "url_html" }]
}"#;

#[derive(Debug)]
struct Runs;

impl Provider for Runs {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let records = call.records(Query::latest("test-results", call))?;
        Ok(Badge::new(records.first().map_or("none", |record| &record.run_id)))
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = std::env::temp_dir().join(format!("badgesmith-bench-history-{}", std::process::id()));
    runtime.block_on(measure(&directory));
    fs::remove_dir_all(directory).unwrap();
}

async fn measure(directory: &Path) {
    let store = Arc::new(EmbeddedStore::open(directory).unwrap());
    let now = SystemTime::now();
    for start in (0..RESULTS).step_by(500) {
        let entries: Vec<_> = (start..start + 500).map(|run| entry(run, now - APART * (RESULTS - run))).collect();
        let recorded = join_all(entries.iter().map(|entry| store.record(entry))).await;
        assert!(recorded.iter().all(|recorded| *recorded == Ok(Recorded::New)));
    }
    let settings = Settings::default();
    let world = World {
        upstream: Arc::new(HttpUpstream::new()),
        web: Arc::new(HttpWeb::new(&settings)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(FileSecrets::new(directory)),
        store,
        meter: Arc::new(()),
        verifier: Arc::new(()),
    };
    let plugin = Plugin::new("runs", Manifest::parse(MANIFEST).unwrap(), Arc::new(Runs)).unwrap();
    let engine = Engine::new(vec![plugin], &settings, world).unwrap();
    let before = resident();
    println!("{:<34} {:>10} {:>10} {:>10}", "", "median", "worst", "bytes");
    for (name, path) in [
        ("badge, SVG", "/badges/runs/linux/acme/tools/main.svg"),
        ("trend badge, SVG", "/badges/runs/linux/acme/tools/main.svg?trend=60"),
        ("trend badge, PNG", "/badges/runs/linux/acme/tools/main.png?trend=60"),
        ("chart, SVG, warm", "/charts/tests/linux/acme/tools/main.svg"),
        ("chart, PNG, warm", "/charts/tests/linux/acme/tools/main.png?scale=2"),
        ("chart, SVG, cold", "/charts/tests/linux/acme/tools/main.svg?label={}"),
        ("chart, SVG, outlines, cold", "/charts/tests/linux/acme/tools/main.svg?text=outline&label={}"),
        ("chart, PNG, cold", "/charts/tests/linux/acme/tools/main.png?scale=2&label={}"),
        ("history, 30 items", "/api/history/tests/linux/acme/tools/main"),
        ("history, 100 items", "/api/history/tests/linux/acme/tools/main?last=100"),
    ] {
        row(&engine, name, path, now).await;
    }
    println!("{:<34} {:>10.2?}", "all pages of the history", pages(&engine, now).await);
    println!("memory: {before} MiB before, {} MiB after", resident());
}

async fn row(engine: &Engine, name: &str, path: &str, now: SystemTime) {
    let mut times = Vec::new();
    let mut bytes = 0;
    for request in 0..=REQUESTS {
        let request = Request::get(&path.replace("{}", &format!("{request}")));
        let started = Instant::now();
        let response = engine.respond(&request, now).await;
        times.push(started.elapsed());
        assert_eq!(response.status, 200, "{path}");
        bytes = response.body.len();
    }
    // The first one is cold in any case.
    times.remove(0);
    times.sort();
    println!("{name:<34} {:>10.2?} {:>10.2?} {bytes:>10}", times[times.len() / 2], times[times.len() - 1]);
}

/// Reads the whole history, page by page, and returns the time of a page.
async fn pages(engine: &Engine, now: SystemTime) -> Duration {
    let (mut after, mut pages, mut items) = (String::new(), 0, 0);
    let started = Instant::now();
    loop {
        let path = format!("/api/history/tests/linux/acme/tools/main?last=100&after={after}");
        let body = engine.respond(&Request::get(&path), now).await.body;
        let page: serde_json::Value = serde_json::from_slice(&body).unwrap();
        pages += 1;
        items += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut after);
    }
    assert_eq!(items, RESULTS as usize);
    started.elapsed() / pages
}

fn entry(run: u32, at: SystemTime) -> Entry {
    let fields = json!({
        "platform": "linux", "passed": 190 + run % 7, "failed": u32::from(run % 50 == 7), "skipped": 1, "total": 193,
        "commit": "11e20f8c0ffee11e20f8c0ffee11e20f8c0ffee1", "duration_ms": 133_000,
        "url_html": format!("https://example.com/acme/tools/actions/runs/{run}"),
    });
    let fields: Map<_, _> = serde_json::from_value(fields).unwrap();
    let ms = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new("acme", "tools", "linux", "main").unwrap(),
        nonce: run.to_string().into(),
        record: Record {
            run_id: run.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(i64::try_from(ms).unwrap()),
            fields,
        },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

/// The resident memory of the process in MiB, from Linux.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}
