//! Backups of the embedded store: taken while others write, restored elsewhere, and refused if they are not whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    fs,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, Recorded, Span, Store, Subject};
use badgesmith_host::embedded::{EmbeddedStore, backup, copy_backup, restore};
use badgesmith_provider::{Record, Timestamp};
use redb::{Database, TableDefinition};
use serde_json::Map;

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("badgesmith-backup-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

fn subject(writer: usize) -> Subject {
    Subject::new("acme", "tools", "linux", &format!("branch-{writer}")).unwrap()
}

fn entry(writer: usize, run: u32) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: subject(writer),
        nonce: format!("{writer}-{run}").into(),
        record: Record {
            run_id: run.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(1_900_000_000_000 + i64::from(run)),
            fields: Map::new(),
        },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

/// The runs of a writer that a store has.
async fn runs(store: &EmbeddedStore, writer: usize) -> Vec<u32> {
    let span = Span { last: 1000, ..Span::LATEST };
    let found = store.history("test-results", &subject(writer), span, SystemTime::now()).await.unwrap();
    found.iter().map(|record| record.run_id.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_during_thirty_two_writers_has_every_report_that_was_acknowledged_before_it_began() {
    let (from, to) = (directory("from"), directory("to"));
    let store = Arc::new(EmbeddedStore::open(&from).unwrap());
    fs::write(from.join("secrets.json"), br#"{"secrets":[]}"#).unwrap();
    let (stop, acknowledged) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<(usize, u32)>>>::default());
    let writers: Vec<_> = (0..32)
        .map(|writer| {
            let (store, stop, acknowledged) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                // One read of the history has a thousand records.
                for run in 0..900 {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    assert_eq!(store.record(&entry(writer, run)).await, Ok(Recorded::New));
                    acknowledged.lock().unwrap().push((writer, run));
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = acknowledged.lock().unwrap().clone();
    let (source, folder) = (Arc::clone(&store), from.clone());
    let taken = tokio::task::spawn_blocking(move || {
        let mut taken = Vec::new();
        source.backup(&folder, &mut taken).unwrap();
        taken
    });
    let taken = taken.await.unwrap();
    let during = acknowledged.lock().unwrap().len() - before.len();
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    println!(
        "{} reports were acknowledged before the backup and {during} during it: {} bytes",
        before.len(),
        taken.len()
    );
    assert!(before.len() >= 32, "{}", before.len());
    let restored = restore(&*taken, &to, false).unwrap();
    assert!(restored.has_secrets && restored.damaged == 0, "{restored:?}");
    assert_eq!(fs::read(to.join("secrets.json")).unwrap(), br#"{"secrets":[]}"#);
    let again = EmbeddedStore::open(&to).unwrap();
    let mut missing = 0;
    for writer in 0..32 {
        let found = runs(&again, writer).await;
        missing += before.iter().filter(|(of, run)| *of == writer && !found.contains(run)).count();
    }
    assert_eq!(missing, 0);
    // Its claims are there, too.
    let (writer, run) = before[0];
    assert_ne!(again.record(&entry(writer, run)).await, Ok(Recorded::New));
    assert_eq!(again.owners("", 9).await.unwrap(), ["acme"]);
    drop((store, again));
    let _ = (fs::remove_dir_all(from), fs::remove_dir_all(to));
}

/// A directory with a store that has one result, and its backup.
async fn small(name: &str) -> (PathBuf, Vec<u8>) {
    let from = directory(name);
    let store = EmbeddedStore::open(&from).unwrap();
    assert_eq!(store.record(&entry(1, 1)).await, Ok(Recorded::New));
    drop(store);
    let mut taken = Vec::new();
    backup(&from, &mut taken).unwrap();
    (from, taken)
}

#[tokio::test]
async fn a_backup_that_is_cut_or_changed_is_refused_and_nothing_is_restored() {
    let (from, taken) = small("refused").await;
    let to = directory("refused-to");
    let refused = |taken: &[u8]| {
        let error = restore(taken, &to, false).unwrap_err().to_string();
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0, "{error}");
        assert!(copy_backup(taken, &mut Vec::new()).is_err());
        error
    };
    assert!(refused(&taken[..taken.len() - 1]).contains("has no end"));
    let lines: Vec<&[u8]> = taken.split_inclusive(|byte| *byte == b'\n').collect();
    let without = [&lines[..1], &lines[2..]].concat().concat();
    assert!(refused(&without).contains("not as it was written"));
    for behind in [&b"x"[..], b"\n", &taken] {
        assert!(refused(&[&taken, behind].concat()).contains("not as it was written"), "it goes on behind its end");
    }
    assert!(refused(b"something else\n").contains("line 1 is none"));
    let newer = String::from_utf8(taken.clone()).unwrap().replacen("\"format\":1", "\"format\":2", 1);
    assert!(refused(newer.as_bytes()).contains("a newer badgesmith"));
    for at in (0..taken.len()).step_by(7) {
        let mut changed = taken.clone();
        changed[at] ^= 1;
        refused(&changed);
    }
    assert!(copy_backup(&*taken, &mut Vec::new()).is_ok());
    let _ = (fs::remove_dir_all(from), fs::remove_dir_all(to));
}

#[tokio::test]
async fn a_directory_that_is_not_empty_or_in_use_is_left_as_it_is() {
    let (from, taken) = small("full").await;
    assert!(restore(&*taken, &from, false).unwrap_err().to_string().contains("--force"));
    let store = EmbeddedStore::open(&from).unwrap();
    assert!(restore(&*taken, &from, true).unwrap_err().to_string().contains("a server has it open"));
    assert_eq!(store.record(&entry(1, 2)).await, Ok(Recorded::New));
    drop(store);
    restore(&*taken, &from, true).unwrap();
    let store = EmbeddedStore::open(&from).unwrap();
    assert_eq!(runs(&store, 1).await, [1]);
    drop(store);
    let _ = fs::remove_dir_all(from);
}

/// A backup whose bytes come only when a server tried to open the store that is restored.
struct WhileAServerStarts<'a> {
    backup: &'a [u8],
    to: &'a Path,
    refusal: Option<String>,
}

impl Read for WhileAServerStarts<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.refusal.is_none() {
            self.refusal = Some(EmbeddedStore::open(self.to).map(drop).unwrap_err().to_string());
        }
        self.backup.read(out)
    }
}

#[tokio::test]
async fn no_server_opens_a_store_while_it_is_restored_and_nothing_is_left_of_what_was_there() {
    let (from, taken) = small("starts").await;
    let to = directory("starts-to");
    let mut input = WhileAServerStarts { backup: &taken, to: &to, refusal: None };
    restore(BufReader::new(&mut input), &to, false).unwrap();
    assert!(input.refusal.is_some());
    assert_eq!(runs(&EmbeddedStore::open(&to).unwrap(), 1).await, [1]);
    fs::write(to.join("secrets.json"), br#"{"secrets":[]}"#).unwrap();
    fs::create_dir(to.join("restore-killed")).unwrap();
    assert!(!restore(&*taken, &to, true).unwrap().has_secrets);
    assert!(!to.join("secrets.json").exists() && !to.join("restore-killed").exists());
    let _ = (fs::remove_dir_all(from), fs::remove_dir_all(to));
}

/// Writes the version of a store; none for 0.
fn set_version(directory: &Path, version: u64) {
    let versions: TableDefinition<&str, u64> = TableDefinition::new("versions");
    let database = Database::open(directory.join("store.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    match version {
        0 => assert!(transaction.delete_table(versions).unwrap()),
        version => drop(transaction.open_table(versions).unwrap().insert("store", version).unwrap()),
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn a_store_without_a_version_is_upgraded_and_one_of_a_newer_version_is_refused() {
    let (from, _) = small("versions").await;
    set_version(&from, 0);
    let store = EmbeddedStore::open(&from).unwrap();
    assert_eq!(runs(&store, 1).await, [1]);
    drop(store);
    set_version(&from, 99);
    let before = fs::read(from.join("store.redb")).unwrap();
    let refusal = EmbeddedStore::open(&from).unwrap_err().to_string();
    assert!(refusal.contains("version 99") && refusal.contains("newer badgesmith"), "{refusal}");
    assert!(backup(&from, &mut Vec::new()).is_err());
    assert!(fs::read(from.join("store.redb")).unwrap() == before, "it was changed");
    let _ = fs::remove_dir_all(from);
}
