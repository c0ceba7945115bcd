//! SIGKILL at varying moments while deliveries and states are written: whatever was acknowledged is there afterwards,
//! with its outbox row, and what was not is written once when it is delivered again. No outbox row is without its
//! record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Delivery, MOST_CHARTED, Row, Span, States, Store, Subject, SubjectRecord};
use badgesmith_host::embedded::EmbeddedStore;
use badgesmith_provider::{Record, State, Timestamp};
use futures_util::future::join_all;
use serde_json::Map;

/// The data directory of the process that is killed, and the number at which it begins.
const DIRECTORY: &str = "BADGESMITH_KILLED_DIRECTORY";
const FIRST: &str = "BADGESMITH_KILLED_FIRST";
const ROUNDS: u32 = 6;
const WRITERS: u32 = 8;
/// How many numbers a round may use.
const PER_ROUND: u32 = 1_000_000;
/// How many subjects the records of deliveries are spread over.
const BRANCHES: u32 = 40;

fn branch(number: u32) -> String {
    format!("branch-{:02}", number % BRANCHES)
}

/// A state of one of a few subjects. Its sequence is the number.
fn state(number: u32) -> State {
    State {
        collection: "workflow".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: "ci.yml".to_owned(),
        branch: branch(number),
        sequence: vec![number.into()],
        ..State::default()
    }
}

/// The outbox rows of states, and those of records.
const TOLD_STATES: &str = "OUTBOX#00";
const TOLD_RECORDS: &str = "OUTBOX#01";

/// The key of the outbox row of a number. Rows are in the order of their numbers.
fn told_key(number: u32, attempt: u32) -> String {
    format!("{number:010}#{attempt}")
}

fn outbox(partition: &str, number: u32, attempt: u32) -> Row {
    let expires = SystemTime::now() + Duration::from_secs(10_000);
    Row { partition: partition.to_owned(), key: told_key(number, attempt), value: "{}".to_owned(), expires }
}

/// The outbox rows of a round, by number and attempt.
async fn told(store: &EmbeddedStore, partition: &str, round: u32) -> BTreeSet<(u32, u32)> {
    let rows = store.rows(partition, &told_key(round * PER_ROUND, 0), usize::MAX, SystemTime::now()).await.unwrap();
    let read = |row: Row| {
        let (number, attempt) = row.key.split_once('#').unwrap();
        (number.parse().unwrap(), attempt.parse().unwrap())
    };
    rows.into_iter().map(read).collect()
}

/// A delivery of two records.
fn delivery(number: u32) -> Delivery {
    let records = [1, 2].map(|run_attempt| SubjectRecord {
        collection: "workflow".to_owned(),
        subject: Subject::new("acme", "tools", "ci.yml", &branch(number)).unwrap(),
        record: Record {
            run_id: number.to_string(),
            run_attempt,
            timestamp_ms: Timestamp::nearest(number.into()),
            fields: Map::new(),
        },
        outbox: Some(outbox(TOLD_RECORDS, number, run_attempt)),
    });
    Delivery {
        scheme: "github".to_owned(),
        owner: "acme".to_owned(),
        id: number.to_string(),
        records: records.into(),
        arrived: SystemTime::now(),
    }
}

#[tokio::test]
#[ignore = "is the process that another test kills"]
async fn writer() {
    let (Ok(directory), Ok(first)) = (env::var(DIRECTORY), env::var(FIRST)) else { return };
    let (store, first) = (EmbeddedStore::open(Path::new(&directory)).unwrap(), first.parse::<u32>().unwrap());
    join_all((0..WRITERS).map(|writer| {
        let store = &store;
        async move {
            for number in (first + writer..first + PER_ROUND).step_by(WRITERS as usize) {
                let told = outbox(TOLD_STATES, number, 1);
                assert_eq!(store.put_told_state(&state(number), SystemTime::now(), Some(&told)).await, Ok(true));
                println!("\nacknowledged state {number}");
                assert_eq!(store.deliver(&delivery(number)).await, Ok(true));
                println!("\nacknowledged delivery {number}");
            }
        }
    }))
    .await;
}

/// Starts a writer, kills it after some time, and returns the numbers of what it acknowledged.
fn write_and_kill(directory: &Path, round: u32) -> [BTreeSet<u32>; 2] {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(FIRST, (round * PER_ROUND).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(writer.stdout.take().unwrap());
    let lines = thread::spawn(move || said.lines().map_while(Result::ok).collect::<Vec<_>>());
    // Some rounds end before the first transaction.
    thread::sleep(Duration::from_millis((20 + u64::from(round) * 137) % 700));
    writer.kill().unwrap();
    writer.wait().unwrap();
    let lines = lines.join().unwrap();
    ["acknowledged state ", "acknowledged delivery "].map(|prefix| {
        // The last line may be cut off.
        let whole = lines[..lines.len().saturating_sub(1)].iter();
        whole.filter_map(|line| line.strip_prefix(prefix)?.parse().ok()).collect()
    })
}

#[tokio::test]
async fn every_acknowledged_delivery_and_state_is_there_after_a_kill_and_a_redelivery_changes_nothing() {
    let directory: PathBuf = env::temp_dir().join(format!("badgesmith-kill-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    let mut expected = BTreeSet::new();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let [states, deliveries] = write_and_kill(&directory, round);
        acknowledged += deliveries.len();
        let store = EmbeddedStore::open(&directory).unwrap();
        let query = States {
            collection: "workflow".to_owned(),
            owner: "acme".to_owned(),
            repo: "tools".to_owned(),
            platform: None,
            branch: None,
        };
        let found = store.states(&query, SystemTime::now()).await.unwrap();
        for number in &states {
            let state = found.iter().find(|state| state.branch == branch(*number)).expect("an acknowledged state");
            assert!(state.sequence[0] >= u64::from(*number), "round {round}: state {number} is lost: {state:?}");
        }
        let told_states = told(&store, TOLD_STATES, round).await;
        for number in &states {
            assert!(told_states.contains(&(*number, 1)), "round {round}: nobody is told of state {number}");
        }
        for (number, _) in told_states {
            let state = found.iter().find(|state| state.branch == branch(number)).expect("a state that is told");
            assert!(state.sequence[0] >= u64::from(number), "round {round}: state {number} is told and lost");
        }
        let mut recorded = BTreeSet::new();
        for number in 0..BRANCHES {
            let subject = Subject::new("acme", "tools", "ci.yml", &branch(number)).unwrap();
            let of_round = Span { last: MOST_CHARTED, since_ms: Some((round * PER_ROUND).into()), before: None };
            let records = store.history("workflow", &subject, of_round, SystemTime::now()).await.unwrap();
            assert!(records.len() < MOST_CHARTED, "all records of the round are seen");
            recorded.extend(records.iter().map(|record| (record.run_id.parse().unwrap(), record.run_attempt)));
        }
        assert_eq!(told(&store, TOLD_RECORDS, round).await, recorded, "round {round}: what is recorded is told");
        for number in &deliveries {
            assert!(recorded.contains(&(*number, 1)) && recorded.contains(&(*number, 2)), "round {round}: {number}");
            assert_eq!(store.deliver(&delivery(*number)).await, Ok(false), "round {round}: {number} is claimed");
        }
        // Whatever came after the last acknowledgement may be there or not. Delivered again, it is there once.
        let last = deliveries.last().copied().unwrap_or(round * PER_ROUND);
        let again = round * PER_ROUND..=last + 2 * WRITERS;
        for number in again.clone() {
            assert!(store.deliver(&delivery(number)).await.is_ok());
        }
        expected.extend(again);
        let twice: BTreeSet<_> = expected.iter().flat_map(|number| [(*number, 1), (*number, 2)]).collect();
        assert_eq!(told(&store, TOLD_RECORDS, 0).await, twice, "round {round}: each record is told once");
        let listed = store.subjects("acme", Some("tools"), "", 99, SystemTime::now()).await.unwrap();
        let listed: BTreeSet<_> = listed.iter().map(|listed| listed.subject.branch().to_owned()).collect();
        for in_branch in 0..BRANCHES {
            let subject = Subject::new("acme", "tools", "ci.yml", &branch(in_branch)).unwrap();
            let numbers: Vec<_> = expected.iter().copied().filter(|number| number % BRANCHES == in_branch).collect();
            let all = Span { last: MOST_CHARTED, since_ms: None, before: None };
            let records = store.history("workflow", &subject, all, SystemTime::now()).await.unwrap();
            let runs: Vec<_> = records.iter().map(|record| (record.run_id.clone(), record.run_attempt)).collect();
            let wanted = numbers.iter().rev().flat_map(|number| [2, 1].map(|attempt| (number.to_string(), attempt)));
            let wanted: Vec<_> = wanted.take(MOST_CHARTED).collect();
            assert_eq!(runs, wanted, "round {round}: each record once, in {}", subject.branch());
            assert!(wanted.is_empty() || listed.contains(subject.branch()), "round {round}: {}", subject.branch());
        }
    }
    assert!(acknowledged > 0, "no round got as far as a delivery");
    println!("{ROUNDS} rounds: {acknowledged} deliveries were acknowledged, and are there once");
    fs::remove_dir_all(directory).unwrap();
}
