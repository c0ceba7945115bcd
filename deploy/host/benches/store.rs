//! How many results per second the embedded store records and reads, compared with plain redb doing the minimum.
//!
//! ```sh
//! cargo bench -p badgesmith-host --bench store
//! ```
//!
//! With `-- memory` it measures the memory of a process with 100,000 results and `cache-mib = 8` instead.
//!
//! Every recorded result is durable. Plain redb writes one row per transaction and reads one row. The store claims a
//! nonce and a run, writes the result and lists its subject, and reads the newest of a hundred. A changed state
//! replaces an older one; a delivery claims its id and a run and writes a record.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::{
    Settings,
    store::{Delivery, Entry, Recorded, Span, Store, Subject, SubjectRecord},
};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, State, Timestamp};
use futures_util::future::join_all;
use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::{Map, json};

/// The duration of each measurement.
const DURATION: Duration = Duration::from_secs(3);
const ROWS: TableDefinition<&str, &[u8]> = TableDefinition::new("rows");

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = std::env::temp_dir().join(format!("badgesmith-bench-store-{}", std::process::id()));
    if std::env::args().any(|argument| argument == "memory") {
        runtime.block_on(memory(&directory));
        fs::remove_dir_all(directory).unwrap();
        return;
    }
    let plain = plain(&directory.join("plain"));
    println!("{:<38} {:>10} {:>8}", "", "a second", "ratio");
    row("plain redb: writes, 1 writer", plain.writes, plain.writes);
    for writers in [1, 32] {
        let path = directory.join(writers.to_string());
        let accepted = runtime.block_on(accept(&path, writers));
        row(&format!("accepted results, writers: {writers}"), accepted, plain.writes);
    }
    for writers in [1, 32] {
        let states = runtime.block_on(put_states(&directory.join(format!("states-{writers}")), writers));
        row(&format!("changed states, writers: {writers}"), states, plain.writes);
        let deliveries = runtime.block_on(deliver(&directory.join(format!("deliveries-{writers}")), writers));
        row(&format!("deliveries of one record, writers: {writers}"), deliveries, plain.writes);
    }
    row("plain redb: reads", plain.reads, plain.reads);
    row("newest results", runtime.block_on(find(&directory.join("reads"))), plain.reads);
    fs::remove_dir_all(directory).unwrap();
}

fn row(name: &str, rate: f64, beside: f64) {
    println!("{name:<38} {rate:>10.0} {:>8.2}", rate / beside);
}

fn a_second(count: u32, since: Instant) -> f64 {
    f64::from(count) / since.elapsed().as_secs_f64()
}

struct Plain {
    writes: f64,
    reads: f64,
}

fn plain(directory: &Path) -> Plain {
    fs::create_dir_all(directory).unwrap();
    let database = Database::create(directory.join("plain.redb")).unwrap();
    let value = serde_json::to_vec(&entry("1", 0).record).unwrap();
    let (mut count, start) = (0, Instant::now());
    while start.elapsed() < DURATION {
        let transaction = database.begin_write().unwrap();
        transaction.open_table(ROWS).unwrap().insert(&*format!("{count:09}"), &*value).unwrap();
        transaction.commit().unwrap();
        count += 1;
    }
    let writes = a_second(count, start);
    let (mut reads, start) = (0, Instant::now());
    while start.elapsed() < DURATION {
        let table = database.begin_read().unwrap().open_table(ROWS).unwrap();
        let row = table.get(&*format!("{:09}", reads % count)).unwrap().unwrap();
        let record: Record = serde_json::from_slice(row.value()).unwrap();
        assert_eq!(record.run_attempt, 1);
        reads += 1;
    }
    Plain { writes, reads: a_second(reads, start) }
}

fn entry(run: &str, timestamp_ms: i64) -> Entry {
    let fields = json!({
        "platform": "linux", "passed": 190, "failed": 2, "skipped": 1, "total": 193, "commit": "11e20f8",
        "url_html": "https://example.com/runs/1",
    });
    let fields: Map<_, _> = serde_json::from_value(fields).unwrap();
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new("acme", "tools", "linux", "main").unwrap(),
        nonce: run.into(),
        record: Record {
            run_id: run.to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(timestamp_ms),
            fields,
        },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

async fn accept(directory: &Path, writers: u32) -> f64 {
    let store = EmbeddedStore::open(directory).unwrap();
    let start = Instant::now();
    let counts = join_all((0..writers).map(|writer| {
        let store = &store;
        async move {
            let mut count = 0_u32;
            while start.elapsed() < DURATION {
                let entry = entry(&format!("{writer}-{count}"), i64::from(count));
                assert_eq!(store.record(&entry).await, Ok(Recorded::New));
                count += 1;
            }
            count
        }
    }));
    a_second(counts.await.into_iter().sum(), start)
}

/// Runs writers at once, each of which writes one thing after the other, and returns how much they wrote a second.
async fn write(writers: u32, write: impl AsyncFn(u32, u32) -> bool) -> f64 {
    let (start, write) = (Instant::now(), &write);
    let counts = join_all((0..writers).map(async |writer| {
        let mut count = 0_u32;
        while start.elapsed() < DURATION {
            assert!(write(writer, count).await);
            count += 1;
        }
        count
    }));
    a_second(counts.await.into_iter().sum(), start)
}

/// States of a run on a branch for each writer, each newer than the one before.
async fn put_states(directory: &Path, writers: u32) -> f64 {
    let store = &EmbeddedStore::open(directory).unwrap();
    write(writers, async |writer, count| {
        let Record { fields, .. } = entry("1", 0).record;
        let state = State {
            collection: "workflow".to_owned(),
            owner: "acme".to_owned(),
            repo: "tools".to_owned(),
            platform: "ci.yml".to_owned(),
            branch: writer.to_string(),
            sequence: vec![1 + u64::from(count), 1, 3, 1_800_000_000],
            fields,
            life_seconds: None,
        };
        store.put_state(&state, SystemTime::now()).await.unwrap()
    })
    .await
}

async fn deliver(directory: &Path, writers: u32) -> f64 {
    let store = &EmbeddedStore::open(directory).unwrap();
    write(writers, async |writer, count| {
        let id = format!("{writer}-{count}");
        let Entry { collection, subject, record, arrived, .. } = entry(&id, i64::from(count));
        let records = vec![SubjectRecord { collection, subject, record, outbox: None }];
        let delivery = Delivery { scheme: "github".to_owned(), owner: "acme".to_owned(), id, records, arrived };
        store.deliver(&delivery).await.unwrap()
    })
    .await
}

/// How many results are recorded for the measurement of memory.
const MANY: u32 = 100_000;

async fn memory(directory: &Path) {
    let settings = Settings { cache_mib: 8, ..Settings::default() };
    let open = || EmbeddedStore::open_within(directory, settings.store_bytes()).unwrap();
    let subject = |run: u32| Subject::new("acme", "tools", "linux", &format!("b{}", run % 20_000)).unwrap();
    println!("{:<38} {:>6} MiB", "memory before anything", resident());
    let store = open();
    for start in (0..MANY).step_by(500) {
        let entries: Vec<_> = (start..start + 500)
            .map(|run| Entry { subject: subject(run), ..entry(&run.to_string(), i64::from(run)) })
            .collect();
        join_all(entries.iter().map(|entry| store.record(entry))).await;
    }
    println!("{:<38} {:>6} MiB", "memory after 100,000 were recorded", resident());
    drop(store);
    let start = Instant::now();
    let store = open();
    println!("{:<38} {:>6} ms", "opening and checking them", start.elapsed().as_millis());
    println!("{:<38} {:>6} MiB", "file", fs::metadata(directory.join("store.redb")).unwrap().len() / 1024 / 1024);
    let (now, start) = (SystemTime::now(), Instant::now());
    for run in 0..20_000 {
        store.history("test-results", &subject(run), Span::LATEST, now).await.unwrap();
    }
    println!("{:<38} {:>6.0} a second", "newest results, each once", a_second(20_000, start));
    println!("{:<38} {:>6} MiB", "memory after all were read", resident());
}

/// The resident memory of the process in MiB, from Linux.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

async fn find(directory: &Path) -> f64 {
    let store = EmbeddedStore::open(directory).unwrap();
    for index in 0..100 {
        store.record(&entry(&index.to_string(), index)).await.unwrap();
    }
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let (mut count, start, now) = (0, Instant::now(), SystemTime::now());
    while start.elapsed() < DURATION {
        let found = store.history("test-results", &subject, Span::LATEST, now).await.unwrap();
        assert_eq!(found.first().map(|record| record.timestamp_ms.as_ms()), Some(99));
        count += 1;
    }
    a_second(count, start)
}
