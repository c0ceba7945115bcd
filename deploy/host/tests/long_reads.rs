//! Long reads of the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::PathBuf, time::SystemTime};

use badgesmith_engine::store::{Entry, MOST_CHARTED, Span, Store, Subject};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, Timestamp};
use futures_util::{FutureExt, future::join_all};
use serde_json::{Map, Value};

const RECORDS: usize = 300;

/// An empty store, and its directory.
fn open(name: &str) -> (EmbeddedStore, PathBuf) {
    let directory = std::env::temp_dir().join(format!("badgesmith-long-reads-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    (EmbeddedStore::open(&directory).unwrap(), directory)
}

fn entry(subject: &Subject, run: usize, fields: Map<String, Value>) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: subject.clone(),
        nonce: run.to_string().into(),
        record: Record {
            run_id: run.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(i64::try_from(run).unwrap()),
            fields,
        },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

#[tokio::test]
async fn a_read_of_few_large_records_does_not_hold_up_the_thread_that_asks() {
    let (store, directory) = open("large");
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let large: Map<_, _> = [("suites".to_owned(), Value::from("x".repeat(50_000)))].into_iter().collect();
    let entries: Vec<_> = (0..20).map(|run| entry(&subject, run, large.clone())).collect();
    assert!(join_all(entries.iter().map(|entry| store.record(entry))).await.iter().all(Result::is_ok));
    let read =
        |last| store.history("test-results", &subject, Span { last, since_ms: None, before: None }, SystemTime::now());
    assert_eq!(read(1).now_or_never().unwrap().unwrap().len(), 1);
    assert!((0..20).any(|_| read(20).now_or_never().is_none()));
    for found in join_all((0..20).map(|_| read(20))).await {
        assert_eq!(found.unwrap().len(), 20);
    }
    store.close();
    let _ = fs::remove_dir_all(&directory);
}

#[tokio::test]
async fn a_read_for_a_chart_does_not_hold_up_the_thread_that_asks() {
    let (store, directory) = open("many");
    let now = SystemTime::now();
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let entries: Vec<_> = (0..RECORDS).map(|run| entry(&subject, run, Map::new())).collect();
    assert!(join_all(entries.iter().map(|entry| store.record(entry))).await.iter().all(Result::is_ok));
    let read = |last| store.history("test-results", &subject, Span { last, since_ms: None, before: None }, now);
    // A badge is not worth another thread.
    assert_eq!(read(1).now_or_never().unwrap().unwrap()[0].run_id, (RECORDS - 1).to_string());
    // Another thread may rarely be done before it is asked for the first time.
    assert!((0..20).any(|_| read(MOST_CHARTED).now_or_never().is_none()));
    for found in join_all((0..20).map(|_| read(MOST_CHARTED))).await {
        assert_eq!(found.unwrap().len(), RECORDS);
    }
    store.close();
    let _ = fs::remove_dir_all(&directory);
}
