//! Long reads of the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, time::SystemTime};

use badgesmith_engine::store::{Entry, MOST_CHARTED, Span, Store, Subject};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, Timestamp};
use futures_util::{FutureExt, future::join_all};
use serde_json::Map;

const RECORDS: usize = 300;

#[tokio::test]
async fn a_read_for_a_chart_does_not_hold_up_the_thread_that_asks() {
    let directory = std::env::temp_dir().join(format!("badgesmith-long-reads-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    let store = EmbeddedStore::open(&directory).unwrap();
    let now = SystemTime::now();
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let entries: Vec<_> = (0..RECORDS)
        .map(|run| Entry {
            collection: "test-results".to_owned(),
            subject: subject.clone(),
            nonce: run.to_string().into(),
            record: Record {
                run_id: run.to_string(),
                run_attempt: 1,
                timestamp_ms: Timestamp::nearest(i64::try_from(run).unwrap()),
                fields: Map::new(),
            },
            arrived: now,
            outbox: None,
        })
        .collect();
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
