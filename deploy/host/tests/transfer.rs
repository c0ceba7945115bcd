//! Results as JSON lines: whatever a store exports can be imported into another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, MOST_RECORDS, Recorded, Span, Store, Subject};
use badgesmith_host::{
    embedded::{self, EmbeddedStore},
    transfer::{ExportedLine, ImportedLine},
};
use badgesmith_provider::{Record, State, Timestamp};
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
        nonce: ms.to_string().into(),
        record: Record { run_id: ms.to_string(), run_attempt: 1, timestamp_ms: timestamp, fields: Map::new() },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

/// The entry of a line with a result.
fn imported(line: &str) -> Entry {
    match ExportedLine::parse(line.as_bytes()).unwrap().imported().unwrap() {
        ImportedLine::Result(entry) => *entry,
        ImportedLine::State { .. } => panic!("a state: {line}"),
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
        let entry = imported(line);
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
        let fault = ExportedLine::parse(line.as_bytes()).unwrap_err().to_string();
        assert!(fault.contains("its record's timestamp_ms is not in the years 1970 to 9999"), "{fault}");
    }
}

fn exported(directory: &Path, now: SystemTime) -> Vec<String> {
    let mut lines = Vec::new();
    embedded::export(directory, now, &mut |line| {
        lines.push(serde_json::to_string(&line).unwrap());
        Ok(())
    })
    .unwrap();
    lines
}

#[tokio::test]
async fn states_are_exported_and_imported_with_their_times_and_listed_in_the_other_store() {
    let (from, to) = (empty_directory("states-from"), empty_directory("states-to"));
    let written = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
    let lasting = State {
        collection: "workflow".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: "ci.yml".to_owned(),
        branch: "feature/#1".to_owned(),
        sequence: vec![7, u64::MAX],
        fields: Map::from_iter([("number".to_owned(), 7.into())]),
        life_seconds: None,
    };
    let living = State { collection: "job".to_owned(), life_seconds: Some(100), ..lasting.clone() };
    let store = EmbeddedStore::open(&from).unwrap();
    for state in [&lasting, &living] {
        assert_eq!(store.put_state(state, written).await, Ok(true));
    }
    assert_eq!(store.record(&entry(Timestamp::MIN)).await, Ok(Recorded::New));
    drop(store);
    let lines = exported(&from, written);
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains(r#""kind":"result""#) && lines[1].contains(r#""kind":"state""#), "{lines:?}");
    assert_eq!(exported(&from, written + Duration::from_secs(100)).len(), 2, "an expired state is not exported");

    let store = EmbeddedStore::open(&to).unwrap();
    for line in &lines {
        match ExportedLine::parse(line.as_bytes()).unwrap().imported().unwrap() {
            ImportedLine::Result(entry) => assert_eq!(store.record(&entry).await, Ok(Recorded::New)),
            line @ ImportedLine::State { .. } if line.is_expired(written + Duration::from_secs(101)) => {
                let ImportedLine::State { state, written } = line else { panic!("it is a state") };
                assert_eq!(*state, living);
                assert_eq!(store.put_state(&state, written).await, Ok(true));
            }
            ImportedLine::State { state, written } => {
                assert_eq!(*state, lasting);
                assert_eq!(store.put_state(&state, written).await, Ok(true));
                assert_eq!(store.put_state(&state, written).await, Ok(false));
            }
        }
    }
    assert_eq!(store.owners("", 9).await.unwrap(), ["acme"]);
    let listed = store.subjects("acme", None, "", 9, SystemTime::now()).await.unwrap();
    assert_eq!(listed.iter().map(|listed| &*listed.collection).collect::<Vec<_>>(), ["test-results", "workflow"]);
    drop(store);
    assert_eq!(exported(&to, written), lines);
    for directory in [from, to] {
        fs::remove_dir_all(directory).unwrap();
    }
}

#[test]
fn an_export_of_an_earlier_version_whose_lines_have_no_kind_is_imported() {
    let line = r#"{"collection":"test-results","owner":"acme","repo":"tools","platform":"linux","branch":"main",
        "record":{"run_id":"1","run_attempt":1,"timestamp_ms":7,"fields":{}},"arrived":"2026-01-01T00:00:00.000Z"}"#;
    assert_eq!(imported(line).subject, Subject::new("acme", "tools", "linux", "main").unwrap());
    let unknown = line.replacen('{', r#"{"kind":"mark","#, 1);
    assert!(ExportedLine::parse(unknown.as_bytes()).is_err(), "what a later version exports is refused");
}

#[test]
fn a_state_that_no_store_can_keep_is_refused_with_words() {
    let line = |sequence: &str, written: &str| {
        format!(
            r#"{{"kind":"state","collection":"c","owner":"o","repo":"r","platform":"p","branch":"b",
            "sequence":{sequence},"fields":{{}},"written":"{written}"}}"#
        )
    };
    let time = "2026-01-01T00:00:00.000Z";
    for (line, words) in [
        (line("[]", time), "its sequence is not 1 to 4 numbers"),
        (line("[1,2,3,4,5]", time), "its sequence is not 1 to 4 numbers"),
        (line("[1]", "yesterday"), "its written or its expires is no RFC 3339 time"),
    ] {
        let refusal = ExportedLine::parse(line.as_bytes()).unwrap().imported().unwrap_err().to_string();
        assert!(refusal.contains(words), "{line}: {refusal}");
    }
}
