//! Results as JSON lines: whatever a store exports can be imported into another one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf, time::SystemTime};

use badgesmith_engine::store::{Entry, MOST_RECORDS, Recorded, Span, Store, Subject};
use badgesmith_host::{
    embedded::{self, EmbeddedStore},
    transfer::ExportedLine,
};
use badgesmith_provider::{Record, Timestamp};
use serde_json::Map;

fn empty_directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("badgesmith-transfer-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

fn entry(timestamp: Timestamp) -> Entry {
    let ms = timestamp.as_ms();
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new("acme", "tools", "linux", "main").unwrap(),
        nonce: ms.to_string(),
        record: Record { run_id: ms.to_string(), run_attempt: 1, timestamp_ms: timestamp, fields: Map::new() },
        arrived: SystemTime::now(),
    }
}

#[tokio::test]
async fn records_of_the_first_and_the_last_moment_are_exported_and_imported_again() {
    let (from, to) = (empty_directory("from"), empty_directory("to"));
    let store = EmbeddedStore::open(&from).unwrap();
    let entries = [Timestamp::MAX, Timestamp::MIN].map(entry);
    for entry in &entries {
        assert_eq!(store.record(entry).await, Ok(Recorded::New));
    }
    drop(store);
    let mut lines = Vec::new();
    embedded::export(&from, SystemTime::now(), &mut |line| {
        lines.push(serde_json::to_string(&line).unwrap());
        Ok(())
    })
    .unwrap();

    let store = EmbeddedStore::open(&to).unwrap();
    for line in &lines {
        let entry = serde_json::from_str::<ExportedLine>(line).unwrap().entry().unwrap();
        assert_eq!(store.record(&entry).await, Ok(Recorded::New), "{line}");
    }
    let all = Span { last: MOST_RECORDS, since_ms: None, before: None };
    let found = store.history("test-results", &entries[0].subject, all, SystemTime::now()).await.unwrap();
    assert_eq!(found, entries.map(|entry| entry.record));
    drop(store);
    for directory in [from, to] {
        fs::remove_dir_all(directory).unwrap();
    }
}

#[test]
fn a_line_whose_record_is_from_before_1970_or_after_9999_is_refused_with_words() {
    for ms in [-1, 253_402_300_800_000_i64] {
        let record = format!(r#"{{"run_id":"1","run_attempt":1,"timestamp_ms":{ms},"fields":{{}}}}"#);
        let line = format!(
            r#"{{"collection":"c","owner":"o","repo":"r","platform":"p","branch":"b","record":{record},"arrived":"x"}}"#
        );
        let fault = serde_json::from_str::<ExportedLine>(&line).unwrap_err().to_string();
        assert!(fault.contains("its record's timestamp_ms is not in the years 1970 to 9999"), "{fault}");
    }
}
