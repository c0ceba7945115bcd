//! What has expired leaves the embedded store's file, from every table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{
    DELIVERY_LIFE, Delivery, Entry, RESULT_LIFE, Recorded, Row, RowChange, RowIs, Store, Subject,
};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, State, Timestamp};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::Map;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn entry(owner: &str, run: &str, arrived: SystemTime) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new(owner, "tools", "linux", "main").unwrap(),
        nonce: run.into(),
        record: Record {
            run_id: run.to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(7),
            fields: Map::new(),
        },
        arrived,
        outbox: None,
    }
}

#[tokio::test]
async fn expired_results_states_lists_marks_events_and_claims_are_deleted_and_no_others() {
    let directory = std::env::temp_dir().join(format!("badgesmith-sweep-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    let (now, past) = (SystemTime::now(), SystemTime::now() - RESULT_LIFE - 2 * DAY);
    let store = EmbeddedStore::open(&directory).unwrap();
    for (owner, at) in [("old", past), ("new", now)] {
        assert_eq!(store.record(&entry(owner, "1", at)).await, Ok(Recorded::New));
        let state = State {
            collection: "job".to_owned(),
            owner: owner.to_owned(),
            repo: "tools".to_owned(),
            platform: "42".to_owned(),
            branch: "build".to_owned(),
            sequence: vec![1],
            life_seconds: Some(1000),
            ..State::default()
        };
        assert_eq!(store.put_state(&state, at).await, Ok(true));
        assert_eq!(store.mark_stale(owner, at).await, Ok(()));
        let rows = ["kept", "deleted"].map(|key| Row {
            partition: format!("QUEUE#{owner}"),
            key: key.to_owned(),
            value: "{}".to_owned(),
            expires: at + DAY,
        });
        let written = rows.clone().map(|row| RowChange::Put(row, RowIs::Any));
        assert_eq!(store.change_rows(&written, at).await, Ok(true));
        let deleted = RowChange::Delete(rows[1].partition.clone(), rows[1].key.clone(), RowIs::Any);
        assert_eq!(store.change_rows(&[deleted], at).await, Ok(true));
        let (scheme, id) = ("github".to_owned(), "d".to_owned());
        let delivery = Delivery { scheme, owner: owner.to_owned(), id, records: Vec::new(), arrived: at };
        assert_eq!(store.deliver(&delivery).await, Ok(true));
    }
    assert!(past + DELIVERY_LIFE < now);
    // A subject that changed again is indexed anew, and once.
    assert_eq!(store.record(&entry("new", "2", now)).await, Ok(Recorded::New));
    drop(store);
    let database = Database::open(directory.join("store.redb")).unwrap();
    let transaction = database.begin_read().unwrap();
    let keys = |name: &str| {
        let table = transaction.open_table(TableDefinition::<(&str, &str), &[u8]>::new(name)).unwrap();
        table.iter().unwrap().map(|row| row.unwrap().0.value().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys("results"), ["TEST#new#tools", "TEST#new#tools"]);
    assert_eq!(keys("states"), ["STATE#job#new#tools"]);
    assert_eq!(keys("lists"), ["OWNERS", "SUBJECTS#new"]);
    assert_eq!(keys("marks"), ["STALE"]);
    assert_eq!(keys("events"), ["QUEUE#new"]);
    let claims = transaction.open_table(TableDefinition::<(&str, &str), u64>::new("claims")).unwrap();
    let claims: Vec<_> = claims.iter().unwrap().map(|row| row.unwrap().0.value().0.to_owned()).collect();
    assert!(claims.len() == 5 && claims.iter().all(|claim| claim.contains("new")), "{claims:?}");
    let expiries = transaction.open_table(TableDefinition::<(u64, u8, &str, &str), ()>::new("expiries")).unwrap();
    assert_eq!(expiries.iter().unwrap().count(), 2 + 1 + 2 + 1 + 1 + 5, "one for each row that expires");
    drop(expiries);
    drop(transaction);
    drop(database);
    fs::remove_dir_all(directory).unwrap();
}
