//! A report or a delivery is recorded exactly once, and a state and a change of events' rows count as written, although
//! requests or responses of DynamoDB get lost, or DynamoDB is throttled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/peer.rs"]
mod peer;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use badgesmith_aws::{AwsClients, DynamoStore};
use badgesmith_engine::store::{
    Delivery, Entry, Recorded, Row, RowChange, RowIs, Span, Store, Subject, SubjectRecord, Unavailable,
};
use badgesmith_host::client::Connections;
use badgesmith_provider::{Record, State, Timestamp};
use peer::Peer;
use serde_json::Map;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to one request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It arrives, and its response is lost.
    ResponseLost,
    /// It never arrives.
    Lost,
    /// It gets this response instead: status and body.
    Answered(u16, &'static str),
}

/// The operation that writes records, and the one that writes states and lists.
const TRANSACTION: &str = "DynamoDB_20120810.TransactWriteItems";
const PUT: &str = "DynamoDB_20120810.PutItem";

const THROTTLED: Fate = Fate::Answered(400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#);
const BROKEN: Fate = Fate::Answered(500, r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#);
const IN_PROGRESS: Fate =
    Fate::Answered(400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException"}"#);
const CONFLICT: Fate = Fate::Answered(
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"ConditionalCheckFailed"},{"Code":"None"}]}"#,
);
const INVALID: Fate =
    Fate::Answered(400, r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"no such thing"}"#);

/// A proxy in front of a peer. Each request for an operation has the next fate, and is passed on when there are no
/// more; so are all other requests.
async fn proxy(peer: &str, operation: &'static str, fates: &[Fate]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let peer = peer.trim_start_matches("http://").to_owned();
    let fates = Arc::new(Mutex::new(fates.iter().copied().collect::<VecDeque<_>>()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream, peer.clone(), operation, Arc::clone(&fates)));
        }
    });
    url
}

/// Handles one request and closes the connection.
async fn handle(mut stream: TcpStream, peer: String, operation: &str, fates: Arc<Mutex<VecDeque<Fate>>>) {
    let Some(request) = read_message(&mut stream).await else { return };
    let is_concerned = request.windows(operation.len()).any(|window| window == operation.as_bytes());
    let fate = if is_concerned { fates.lock().unwrap().pop_front() } else { None };
    match fate {
        Some(Fate::Lost) => {}
        Some(Fate::Answered(status, body)) => {
            let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + body).as_bytes()).await.unwrap();
        }
        Some(Fate::ResponseLost) | None => {
            let mut there = TcpStream::connect(peer).await.unwrap();
            there.write_all(&request).await.unwrap();
            let answer = read_message(&mut there).await.unwrap();
            if fate.is_none() {
                stream.write_all(&answer).await.unwrap();
            }
        }
    }
}

/// Reads a whole message: the head, and as much of a body as it announces.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0) {
                return Some(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn entry(nonce: &str, run: &str) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new("acme", "tools", "linux", "main").unwrap(),
        nonce: nonce.into(),
        record: Record {
            run_id: run.to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(1000),
            fields: Map::new(),
        },
        arrived: SystemTime::now(),
        outbox: None,
    }
}

/// A state of a workflow of an owner.
fn state(owner: &str) -> State {
    State {
        collection: "workflow".to_owned(),
        owner: owner.to_owned(),
        repo: "tools".to_owned(),
        platform: "ci.yml".to_owned(),
        branch: "main".to_owned(),
        sequence: vec![7],
        ..State::default()
    }
}

#[tokio::test]
async fn a_transient_failure_is_retried_and_never_reported_as_a_duplicate() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let rows: [&[Fate]; 8] = [
        &[Fate::ResponseLost],
        &[Fate::ResponseLost, Fate::ResponseLost, THROTTLED],
        &[Fate::Lost],
        &[THROTTLED, BROKEN],
        &[IN_PROGRESS, Fate::ResponseLost, IN_PROGRESS],
        &[CONFLICT, CONFLICT, CONFLICT],
        &[CONFLICT, Fate::ResponseLost, CONFLICT],
        &[],
    ];
    for (index, fates) in rows.into_iter().enumerate() {
        let url = proxy(settings.dynamodb.as_deref().unwrap(), TRANSACTION, fates).await;
        let aws = Arc::new(AwsClients::new(settings.clone().at(&url), Connections::new()));
        let store = DynamoStore::new(Arc::clone(&aws));
        let (nonce, run) = (format!("n{index}"), index.to_string());
        assert_eq!(store.record(&entry(&nonce, &run)).await, Ok(Recorded::New), "{fates:?}");
        assert_eq!(aws.call_counts()["DynamoDB.TransactWriteItems"], fates.len() as u64 + 1, "{fates:?}");
        // The outcome if the same request really comes again.
        assert_eq!(store.record(&entry(&nonce, &run)).await, Ok(Recorded::NonceUsed), "{fates:?}");
        assert_eq!(store.record(&entry("another", &run)).await, Ok(Recorded::Duplicate), "{fates:?}");
    }
    let store = DynamoStore::new(Arc::new(AwsClients::new(settings, Connections::new())));
    let subject = entry("", "").subject;
    let span = Span { last: 100, since_ms: None, before: None };
    let found = store.history("test-results", &subject, span, SystemTime::now()).await.unwrap();
    assert_eq!(found.len(), rows.len(), "each result once");
}

#[tokio::test]
async fn a_permanent_error_is_not_retried_and_claims_nothing() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let url = proxy(settings.dynamodb.as_deref().unwrap(), TRANSACTION, &[INVALID]).await;
    let aws = Arc::new(AwsClients::new(settings.at(&url), Connections::new()));
    let store = DynamoStore::new(Arc::clone(&aws));
    let fault = store.record(&entry("n", "1")).await.unwrap_err();
    assert!(fault.0.contains("ValidationException (400): no such thing"), "{fault:?}");
    assert_eq!(aws.call_counts()["DynamoDB.TransactWriteItems"], 1);
    assert_eq!(store.record(&entry("n", "1")).await, Ok(Recorded::New));
}

#[tokio::test]
async fn a_delivery_whose_response_is_lost_is_written_once_and_is_no_duplicate() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let rows: [&[Fate]; 5] = [
        &[Fate::ResponseLost],
        &[Fate::Lost, THROTTLED, Fate::ResponseLost],
        &[CONFLICT, CONFLICT],
        &[IN_PROGRESS, Fate::ResponseLost, BROKEN],
        &[],
    ];
    let reported = DynamoStore::new(Arc::new(AwsClients::new(settings.clone(), Connections::new())));
    assert_eq!(reported.record(&entry("n", "reported")).await, Ok(Recorded::New));
    for (index, fates) in rows.into_iter().enumerate() {
        let url = proxy(settings.dynamodb.as_deref().unwrap(), TRANSACTION, fates).await;
        let store = DynamoStore::new(Arc::new(AwsClients::new(settings.clone().at(&url), Connections::new())));
        // One record's run is claimed already, so that a second transaction leaves it out.
        let records = [&*index.to_string(), "reported"].map(|run| {
            let Entry { collection, subject, record, .. } = entry("", run);
            SubjectRecord { collection, subject, record, outbox: None }
        });
        let (scheme, owner, id) = ("github".to_owned(), "acme".to_owned(), index.to_string());
        let delivery = Delivery { scheme, owner, id, records: records.into(), arrived: SystemTime::now() };
        assert_eq!(store.deliver(&delivery).await, Ok(true), "{fates:?}");
        assert_eq!(store.deliver(&delivery).await, Ok(false), "{fates:?}");
    }
    let span = Span { last: 100, since_ms: None, before: None };
    let found = reported.history("test-results", &entry("", "").subject, span, SystemTime::now()).await.unwrap();
    assert_eq!(found.len(), rows.len() + 1, "each record once");
}

#[tokio::test]
async fn a_state_whose_response_is_lost_counts_as_written_and_is_listed() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let rows: [&[Fate]; 6] = [
        &[Fate::ResponseLost],
        &[Fate::ResponseLost, Fate::ResponseLost, THROTTLED],
        &[Fate::Lost],
        &[BROKEN, Fate::ResponseLost],
        &[THROTTLED, THROTTLED],
        &[],
    ];
    for (index, fates) in rows.into_iter().enumerate() {
        let url = proxy(settings.dynamodb.as_deref().unwrap(), PUT, fates).await;
        let store = DynamoStore::new(Arc::new(AwsClients::new(settings.clone().at(&url), Connections::new())));
        let state = state(&format!("owner-{index}"));
        let now = SystemTime::now();
        assert_eq!(store.put_state(&state, now).await, Ok(true), "{fates:?}");
        assert_eq!(store.put_state(&state, now).await, Ok(false), "{fates:?}: the same once more");
        assert!(store.owners("", 99).await.unwrap().contains(&state.owner), "{fates:?}");
        assert_eq!(store.subjects(&state.owner, None, "", 9, now).await.unwrap().len(), 1, "{fates:?}");
    }
    // A process that ended after it had written a state and before it listed it, which a state with a life is not: the
    // redelivery lists it.
    let store = DynamoStore::new(Arc::new(AwsClients::new(settings, Connections::new())));
    let unlisted = State { life_seconds: Some(1000), ..state("acme") };
    let now = SystemTime::now();
    assert_eq!(store.put_state(&unlisted, now).await, Ok(true));
    assert_eq!(store.subjects("acme", None, "", 9, now).await, Ok(Vec::new()));
    assert_eq!(store.put_state(&State { life_seconds: None, ..unlisted }, now).await, Ok(false));
    assert_eq!(store.owners("", 1).await.unwrap(), ["acme"]);
    assert_eq!(store.subjects("acme", None, "", 9, now).await.unwrap().len(), 1);
}

fn row(key: &str) -> Row {
    let expires = SystemTime::now() + Duration::from_secs(1000);
    Row { partition: "OUTBOX#00".to_owned(), key: key.to_owned(), value: "{}".to_owned(), expires }
}

#[tokio::test]
async fn a_change_of_rows_and_a_told_state_whose_response_is_lost_count_as_made_and_are_made_once() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let rows: [&[Fate]; 6] = [
        &[Fate::ResponseLost],
        &[Fate::ResponseLost, Fate::ResponseLost, THROTTLED],
        &[Fate::Lost, BROKEN],
        &[IN_PROGRESS, Fate::ResponseLost, IN_PROGRESS],
        &[CONFLICT, Fate::ResponseLost, CONFLICT],
        &[],
    ];
    let reached = DynamoStore::new(Arc::new(AwsClients::new(settings.clone(), Connections::new())));
    for (index, fates) in rows.into_iter().enumerate() {
        let lossy = async || {
            let url = proxy(settings.dynamodb.as_deref().unwrap(), TRANSACTION, fates).await;
            DynamoStore::new(Arc::new(AwsClients::new(settings.clone().at(&url), Connections::new())))
        };
        let now = SystemTime::now();
        let told = row(&format!("{index} told"));
        let changes = [
            RowChange::Put(row(&format!("{index} new")), RowIs::Absent),
            RowChange::Delete(told.partition.clone(), told.key.clone(), RowIs::Present),
        ];
        assert_eq!(reached.change_rows(&[RowChange::Put(told, RowIs::Absent)], now).await, Ok(true));
        assert_eq!(lossy().await.change_rows(&changes, now).await, Ok(true), "{fates:?}");
        assert_eq!(lossy().await.change_rows(&changes, now).await, Ok(false), "{fates:?}: the same once more");
        let state = state(&format!("owner-{index}"));
        let outbox = row(&format!("{index} state"));
        assert_eq!(lossy().await.put_told_state(&state, now, Some(&outbox)).await, Ok(true), "{fates:?}");
        let again = row(&format!("{index} state again"));
        assert_eq!(lossy().await.put_told_state(&state, now, Some(&again)).await, Ok(false), "{fates:?}");
        assert_eq!(reached.subjects(&state.owner, None, "", 9, now).await.unwrap().len(), 1, "{fates:?}");
    }
    let found = reached.rows("OUTBOX#00", "", 99, SystemTime::now()).await.unwrap();
    let expected = (0..rows.len()).flat_map(|index| [format!("{index} new"), format!("{index} state")]);
    assert_eq!(found.into_iter().map(|row| row.key).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn without_a_table_of_events_rows_are_refused_with_the_variable_and_all_else_is_written() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.events.clear();
    peer.provision(&settings).await;
    let store = DynamoStore::new(Arc::new(AwsClients::new(settings, Connections::new())));
    let names = |refused: Unavailable| refused.0.contains("BADGESMITH_TABLE_EVENTS");
    let now = SystemTime::now();
    let told = Entry { outbox: Some(row("1")), ..entry("n", "1") };
    assert!(store.record(&told).await.is_err_and(names));
    assert!(store.rows("OUTBOX#00", "", 9, now).await.is_err_and(names));
    assert!(store.change_rows(&[RowChange::Put(row("1"), RowIs::Any)], now).await.is_err_and(names));
    assert!(store.put_told_state(&state("acme"), now, Some(&row("1"))).await.is_err_and(names));
    assert_eq!(store.record(&entry("n", "1")).await, Ok(Recorded::New), "nothing was written before");
    assert_eq!(store.put_state(&state("acme"), now).await, Ok(true));
}
