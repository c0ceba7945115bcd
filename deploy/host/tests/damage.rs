//! Damaged store files: each is refused with a message, or gives correct results or none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, MOST_RECORDS, Recorded, Span, Store, Subject};
use badgesmith_host::embedded::{self, EmbeddedStore};
use badgesmith_provider::{Record, Timestamp};
use bytes::Bytes;
use redb::{Database, ReadableTable, TableDefinition};
use serde_json::{Map, json};

#[path = "support/damage.rs"]
mod damage;

const FILE: &str = "store.redb";
const ALL: Span = Span { last: MOST_RECORDS, since_ms: None, before: None };
const SUBJECTS: i64 = 80;
const RUNS: i64 = 4;
const RESULTS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("results");
const CLAIMS: TableDefinition<(&str, &str), u64> = TableDefinition::new("claims");
const ANSWERS: TableDefinition<&str, &[u8]> = TableDefinition::new("answers");
/// The type of the table in stores without checksums.
const SIZES: TableDefinition<&str, u64> = TableDefinition::new("sizes");

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("badgesmith-damage-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn subject(number: i64) -> Subject {
    Subject::new("acme", "tools", "linux", &format!("branch-{number}")).unwrap()
}

fn record(number: i64, run: i64) -> Record {
    let fields = json!({"passed": number * 1000 + run, "failed": 0, "url_html": "https://ci.example/".repeat(8)});
    let fields: Map<_, _> = serde_json::from_value(fields).unwrap();
    Record { run_id: run.to_string(), run_attempt: 1, timestamp_ms: Timestamp::nearest(run * 1000), fields }
}

fn entry(number: i64, run: i64) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: subject(number),
        nonce: format!("{number}-{run}").into(),
        record: record(number, run),
        arrived: SystemTime::now(),
        outbox: None,
    }
}

async fn history(store: &EmbeddedStore, number: i64) -> Result<Vec<Record>, String> {
    let found = store.history("test-results", &subject(number), ALL, SystemTime::now()).await;
    found.map_err(|fault| fault.0)
}

/// The history of a subject, newest first.
fn expected(number: i64) -> Vec<Record> {
    (0..RUNS).rev().map(|run| record(number, run)).collect()
}

/// A store with some hundred results, open.
async fn fill(directory: &Path) -> EmbeddedStore {
    let store = EmbeddedStore::open(directory).unwrap();
    for run in 0..RUNS {
        let entries: Vec<_> = (0..SUBJECTS).map(|number| entry(number, run)).collect();
        for some in entries.chunks(10) {
            let outcomes = futures_util::future::join_all(some.iter().map(|entry| store.record(entry))).await;
            assert!(outcomes.iter().all(|outcome| *outcome == Ok(Recorded::New)), "{outcomes:?}");
        }
    }
    for index in 0..40 {
        let later = SystemTime::now() + Duration::from_secs(1000);
        store.keep_answer(&format!("k{index}"), Bytes::from(vec![7; 5000]), later);
    }
    store
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_a_message_or_gives_correct_results() {
    let directory = directory("files");
    let store = fill(&directory).await;
    // A damaged file that was not closed may lose its last transaction, as after a power failure, which looks the same.
    // So the last transaction is of a subject that is not compared.
    assert_eq!(store.record(&entry(SUBJECTS, 0)).await, Ok(Recorded::New));
    let open = fs::read(directory.join(FILE)).unwrap();
    drop(store);
    let closed = fs::read(directory.join(FILE)).unwrap();
    let (mut refused, mut correct, mut unanswered) = (0, 0, 0);
    for seed in 0..200 {
        let whole = if seed % 4 == 3 { &open } else { &closed };
        let (kind, bytes) = damage::damage(whole, seed);
        fs::write(directory.join(FILE), &bytes).unwrap();
        let store = match EmbeddedStore::open(&directory) {
            Err(refusal) => {
                let words = refusal.to_string();
                assert!(words.contains(FILE) && words.contains("--data"), "{seed} {kind}: {words}");
                assert!(words.contains("badgesmith export"), "{seed} {kind}: {words}");
                assert!(fs::read(directory.join(FILE)).unwrap() == bytes, "{seed} {kind}: refused, and changed");
                refused += 1;
                continue;
            }
            Ok(store) => store,
        };
        for number in 0..SUBJECTS {
            match history(&store, number).await {
                Ok(found) => assert!(found == expected(number), "{seed} {kind}: {number} shows {found:?}"),
                Err(_) => unanswered += 1,
            }
        }
        let again = store.record(&entry(1, 0)).await;
        assert!(matches!(again, Ok(Recorded::NonceUsed | Recorded::Duplicate) | Err(_)), "{seed} {kind}: {again:?}");
        let new = Entry { arrived: SystemTime::now(), ..entry(SUBJECTS + 1, i64::try_from(seed).unwrap()) };
        if store.record(&new).await == Ok(Recorded::New) {
            let found = history(&store, SUBJECTS + 1).await.unwrap();
            assert_eq!(found, [new.record], "{seed} {kind}");
        }
        correct += 1;
    }
    println!("200 damaged files: {refused} refused, {correct} correct, {unanswered} histories without an answer");
    assert!(refused > 0 && correct > 0, "the damage is too much or too little");
    fs::remove_dir_all(directory).unwrap();
}

/// Changes a store's tables directly, so that its pages are valid and a value is damaged.
fn change(directory: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let database = Database::open(directory.join(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

const PARTITION: &str = "TEST#acme#tools";

/// The sort key of a result.
fn key(number: i64, run: i64) -> String {
    format!("RESULT#linux#branch-{number}#1970-01-01T00:00:0{run}.000Z#{run}#0001")
}

#[tokio::test]
async fn a_damaged_value_is_never_shown_and_nothing_older_in_its_place() {
    let directory = directory("values");
    drop(fill(&directory).await);
    change(&directory, |transaction| {
        let mut results = transaction.open_table(RESULTS).unwrap();
        let mut damage = |number, run, damage: &dyn Fn(&mut Vec<u8>)| {
            let key = key(number, run);
            let mut value = results.get((PARTITION, &*key)).unwrap().unwrap().value().to_vec();
            damage(&mut value);
            results.insert((PARTITION, &*key), &*value).unwrap();
        };
        // A digit of a number, the expiry, everything, the end; and an older result, whose successors are undamaged.
        damage(0, RUNS - 1, &|value| {
            let digit = value.windows(9).position(|part| part == b"\"passed\":").unwrap() + 9;
            value[digit] ^= 1;
        });
        damage(1, RUNS - 1, &|value| value[1] ^= 0x40);
        damage(2, RUNS - 1, &|value| value.fill(0));
        damage(3, RUNS - 1, &|value| value.truncate(20));
        damage(4, 0, &|value| value[30] ^= 1);
        let mut answers = transaction.open_table(ANSWERS).unwrap();
        let mut value = answers.get("k1").unwrap().unwrap().value().to_vec();
        *value.last_mut().unwrap() ^= 1;
        answers.insert("k1", &*value).unwrap();
        let mut claims = transaction.open_table(CLAIMS).unwrap();
        // The expiry becomes a time long ago.
        let claim = (PARTITION, "RUN#linux#branch-5#0#1");
        let before = claims.get(claim).unwrap().unwrap().value();
        claims.insert(claim, before & !0xffff_ffff).unwrap();
    });
    let store = EmbeddedStore::open(&directory).unwrap();
    let now = SystemTime::now();
    for number in 0..4 {
        let fault = store.history("test-results", &subject(number), Span::LATEST, now).await.unwrap_err().0;
        assert!(fault.contains("damaged") && fault.contains(&key(number, RUNS - 1)), "{fault}");
    }
    let newest = store.history("test-results", &subject(4), Span::LATEST, now).await.unwrap();
    assert_eq!(newest, expected(4)[..1], "a result that is newer than a damaged one is shown");
    assert!(history(&store, 4).await.is_err(), "a history with a damaged result is an error");
    assert_eq!(store.answer("k1", now).await, Ok(None), "a damaged answer counts as missing");
    assert_eq!(store.answer("k2", now).await.unwrap().unwrap(), vec![7; 5000]);
    let again = Entry { nonce: "another".into(), ..entry(5, 0) };
    assert_eq!(store.record(&again).await, Ok(Recorded::Duplicate), "a damaged claim still counts");
    assert_eq!(store.record(&entry(0, RUNS)).await, Ok(Recorded::New));
    let newest = store.history("test-results", &subject(0), Span::LATEST, now).await.unwrap();
    assert_eq!(newest, [record(0, RUNS)], "the next report replaces the damaged result");
    drop(store);
    let mut lines = Vec::new();
    let exported = embedded::export(&directory, now, &mut |line| {
        lines.push(line);
        Ok(())
    });
    let exported = exported.unwrap();
    assert_eq!(exported.damaged.len(), 5, "{exported:?}");
    assert_eq!(lines.len(), usize::try_from(SUBJECTS * RUNS + 1 - 5).unwrap(), "the other results are exported");
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn values_without_checksums_are_read() {
    let directory = directory("older");
    drop(EmbeddedStore::open(&directory).unwrap());
    let later = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 1000;
    change(&directory, |transaction| {
        let value = [&later.to_le_bytes()[..], &serde_json::to_vec(&record(1, 1)).unwrap()].concat();
        transaction.open_table(RESULTS).unwrap().insert((PARTITION, &*key(1, 1)), &*value).unwrap();
        transaction.open_table(CLAIMS).unwrap().insert((PARTITION, "RUN#linux#branch-1#1#1"), later).unwrap();
        let value = [&later.to_le_bytes()[..], b"kept"].concat();
        transaction.open_table(ANSWERS).unwrap().insert("k", &*value).unwrap();
        let sizes = transaction.list_tables().unwrap().find(|table| redb::TableHandle::name(table) == "sizes").unwrap();
        transaction.delete_table(sizes).unwrap();
        transaction.open_table(SIZES).unwrap().insert("answers", 12).unwrap();
    });
    let store = EmbeddedStore::open(&directory).unwrap();
    assert_eq!(history(&store, 1).await, Ok(vec![record(1, 1)]));
    assert_eq!(store.record(&entry(1, 1)).await, Ok(Recorded::Duplicate));
    assert_eq!(store.answer("k", SystemTime::now()).await.unwrap().as_deref(), Some(&b"kept"[..]));
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_store_with_checksums_is_refused_by_an_older_binary() {
    let directory = directory("newer");
    let store = EmbeddedStore::open(&directory).unwrap();
    assert_eq!(store.record(&entry(1, 1)).await, Ok(Recorded::New));
    drop(store);
    change(&directory, |transaction| {
        // An older binary opens this table at start.
        let refused = transaction.open_table(SIZES).map(drop).unwrap_err();
        assert!(matches!(refused, redb::TableError::TableTypeMismatch { .. }), "{refused}");
    });
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn results_around_a_damaged_page_can_be_exported() {
    let directory = directory("export");
    drop(fill(&directory).await);
    let mut bytes = fs::read(directory.join(FILE)).unwrap();
    // The pages with one result in the middle.
    let wanted = key(SUBJECTS / 2, 1).into_bytes();
    let mut hits = bytes.windows(wanted.len()).enumerate().filter(|(_, part)| *part == wanted).map(|(at, _)| at);
    let pages: Vec<_> = std::iter::from_fn(|| hits.next()).map(|at| at / 4096).collect();
    for page in pages {
        bytes[page * 4096..(page + 1) * 4096].fill(0xee);
    }
    fs::write(directory.join(FILE), &bytes).unwrap();
    assert!(EmbeddedStore::open(&directory).is_err());
    let mut lines = 0;
    let exported = embedded::export(&directory, SystemTime::now(), &mut |_| {
        lines += 1;
        Ok(())
    });
    match exported {
        Ok(exported) => {
            println!("{lines} of {} results are saved; {:?}", SUBJECTS * RUNS, exported.damaged);
            assert!(!exported.damaged.is_empty() && lines > SUBJECTS * RUNS / 2, "{lines} {exported:?}");
        }
        Err(words) => panic!("{words}"),
    }
    assert!(fs::read(directory.join(FILE)).unwrap() == bytes, "an export changes nothing");
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn pages_that_are_overwritten_in_an_open_store_give_no_wrong_result_and_no_panic() {
    let directory = directory("under");
    for round in 0..6_u8 {
        let _ = fs::remove_file(directory.join(FILE));
        drop(fill(&directory).await);
        // The cache is so small that nearly every read goes to the file.
        let store = EmbeddedStore::open_within(&directory, 16 * 1024).unwrap();
        let mut bytes = fs::read(directory.join(FILE)).unwrap();
        // A range of pages after the header.
        let (from, to) = (4096 * (1 + 40 * usize::from(round)), 4096 * (1 + 40 * (usize::from(round) + 2)));
        let end = to.min(bytes.len());
        if from < end {
            bytes[from..end].fill(round.wrapping_mul(51));
        }
        let file = fs::File::options().write(true).open(directory.join(FILE)).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes[from.min(end)..end], from as u64).unwrap();
        let mut unanswered = 0;
        for number in 0..SUBJECTS {
            match history(&store, number).await {
                Ok(found) => assert!(found == expected(number), "round {round}: {number} shows {found:?}"),
                Err(_) => unanswered += 1,
            }
        }
        let outcome = store.record(&entry(SUBJECTS, 0)).await;
        println!(
            "round {round}: {unanswered} histories without an answer; a report is {outcome:?}; {:?}",
            store.check().await
        );
    }
    fs::remove_dir_all(directory).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_truncated_while_open_takes_no_result_until_it_is_restored() {
    let directory = directory("cut");
    let store = fill(&directory).await;
    let path = directory.join(FILE);
    // Results are written before cached answers: once the second result is durable, no answer is being written.
    for run in 0..2 {
        assert_eq!(store.record(&entry(SUBJECTS, run)).await, Ok(Recorded::New));
    }
    let whole = fs::read(&path).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(whole.len() as u64 / 2).unwrap();
    for run in 2..5 {
        assert!(store.record(&entry(SUBJECTS, run)).await.is_err(), "recorded in a file that cannot be opened again");
    }
    assert!(store.check().await.is_err());
    fs::write(&path, &whole).unwrap();
    let mut outcome = store.record(&entry(SUBJECTS, 9)).await;
    for _ in 0..200 {
        if outcome.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        outcome = store.record(&entry(SUBJECTS, 9)).await;
    }
    assert_eq!(outcome, Ok(Recorded::New));
    assert_eq!(history(&store, 1).await, Ok(expected(1)));
    drop(store);
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_file_that_is_removed_takes_no_result_until_it_is_back() {
    let directory = directory("away");
    let store = fill(&directory).await;
    let (file, aside) = (directory.join(FILE), directory.join("aside"));
    // A copy, as from a backup; a renamed file would keep its identity.
    fs::copy(&file, &aside).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(store.record(&entry(0, RUNS)).await.is_err(), "it would be lost");
    assert!(store.record(&entry(0, RUNS)).await.is_err());
    let ill = store.check().await.unwrap_err();
    assert!(ill.fault.contains("removed") && ill.since.is_some(), "{ill:?}");
    assert_eq!(history(&store, 3).await, Ok(expected(3)), "the results are still read");
    assert!(!file.exists(), "no empty store is created");
    fs::rename(&aside, &file).unwrap();
    let mut outcome = Err(String::new());
    for _ in 0..200 {
        outcome = store.record(&entry(0, RUNS)).await.map_err(|fault| fault.0);
        if outcome.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(outcome, Ok(Recorded::New));
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(history(&store, 3).await, Ok(expected(3)));
    drop(store);
    let store = EmbeddedStore::open(&directory).unwrap();
    assert_eq!(history(&store, 0).await.unwrap().len(), usize::try_from(RUNS + 1).unwrap());
    fs::remove_dir_all(directory).unwrap();
}
