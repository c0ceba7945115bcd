//! Stores that an earlier version wrote: they have results, and neither states nor lists nor events.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, ListedSubject, RESULT_LIFE, Recorded, Span, States, Store, Subject};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, Timestamp};
use flate2::read::GzDecoder;
use redb::{Database, TableDefinition};
use serde_json::Map;

/// The file that the server had written before there were states, lists and events, with four results. It never
/// changes.
const FIRST_STORE: &[u8] = include_bytes!("first_store/store.redb.gz");
/// When it was written: on 30 November 2026.
const WRITTEN: Duration = Duration::from_secs(1_796_029_481);

/// The tables that an earlier version does not have.
const LATER: [&str; 6] = ["versions", "states", "lists", "marks", "events", "done"];

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("badgesmith-earlier-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

fn entry(owner: &str, branch: &str, run: u32, arrived: SystemTime) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new(owner, "tools", "linux", branch).unwrap(),
        nonce: format!("{branch}-{run}").into(),
        record: Record {
            run_id: run.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(i64::from(run)),
            fields: Map::new(),
        },
        arrived,
        outbox: None,
    }
}

/// Removes what an earlier version does not write.
fn make_earlier(directory: &Path) {
    let database = Database::open(directory.join("store.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    for name in LATER {
        let rows: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new(name);
        let done: TableDefinition<&str, u64> = TableDefinition::new(name);
        assert!(transaction.delete_table(rows).or_else(|_| transaction.delete_table(done)).unwrap(), "{name}");
    }
    transaction.commit().unwrap();
}

async fn listed(store: &EmbeddedStore, owner: &str, now: SystemTime) -> Vec<(String, SystemTime)> {
    let listed = store.subjects(owner, None, "", 999, now).await.unwrap();
    listed.into_iter().map(|listed| (ListedSubject::key(&listed.collection, &listed.subject), listed.changed)).collect()
}

#[tokio::test]
async fn the_results_of_a_store_of_an_earlier_version_are_listed_after_its_start() {
    let directory = directory("lists");
    let second = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000 + seconds);
    let store = EmbeddedStore::open(&directory).unwrap();
    for (owner, branch, run, seconds) in
        [("acme", "main", 1, 20), ("acme", "main", 2, 10), ("acme", "x#y", 1, 30), ("other", "main", 1, 40)]
    {
        assert_eq!(store.record(&entry(owner, branch, run, second(seconds))).await, Ok(Recorded::New));
    }
    drop(store);
    make_earlier(&directory);
    for start in ["the first start", "another start"] {
        let store = EmbeddedStore::open(&directory).unwrap();
        assert_eq!(store.owners("", 9).await.unwrap(), ["acme", "other"], "{start}");
        let acme = [
            ("tools#test-results#linux#main".to_owned(), second(20)),
            ("tools#test-results#linux#x%23y".to_owned(), second(30)),
        ];
        assert_eq!(listed(&store, "acme", second(50)).await, acme, "{start}");
        let states = |collection: &str| States {
            collection: collection.to_owned(),
            owner: "acme".to_owned(),
            repo: "tools".to_owned(),
            platform: None,
            branch: None,
        };
        assert_eq!(store.states(&states("workflow"), second(50)).await.unwrap(), []);
        assert_eq!(store.rows("OUTBOX#00", "", 9, second(50)).await.unwrap(), []);
        assert_eq!(listed(&store, "acme", second(50) + RESULT_LIFE + Duration::from_secs(86_400)).await, []);
    }
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn the_first_store_opens_and_has_its_results() {
    let directory = directory("first");
    fs::create_dir(&directory).unwrap();
    let mut file = fs::File::create(directory.join("store.redb")).unwrap();
    io::copy(&mut GzDecoder::new(FIRST_STORE), &mut file).unwrap();
    let now = SystemTime::UNIX_EPOCH + WRITTEN + Duration::from_secs(60);
    for start in ["the first start", "another start"] {
        let store = EmbeddedStore::open(&directory).unwrap();
        for (platform, branch, runs) in [("linux", "main", &["3", "2", "1"][..]), ("macos", "feature/x", &["9"])] {
            let subject = Subject::new("acme", "tools", platform, branch).unwrap();
            let records = store.history("test-results", &subject, Span { last: 9, ..Span::LATEST }, now).await.unwrap();
            let found: Vec<_> = records.iter().map(|record| &*record.run_id).collect();
            assert_eq!(found, runs, "{start}");
            assert!(records.iter().all(|record| record.fields["passed"] == 2 && record.fields["failed"] == 1));
        }
        assert_eq!(store.owners("", 9).await.unwrap(), ["acme"], "{start}");
    }
    fs::remove_dir_all(directory).unwrap();
}
