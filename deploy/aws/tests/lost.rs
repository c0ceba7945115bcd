//! A report is recorded exactly once although requests or responses of DynamoDB get lost, or DynamoDB is throttled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/peer.rs"]
mod peer;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use badgesmith_aws::{AwsClients, DynamoStore};
use badgesmith_engine::store::{Entry, Recorded, Span, Store, Subject};
use badgesmith_host::client::Connections;
use badgesmith_provider::{Record, Timestamp};
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

/// A proxy in front of a peer. Each request has the next fate, and is passed on when there are no more.
async fn proxy(peer: &str, fates: &[Fate]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let peer = peer.trim_start_matches("http://").to_owned();
    let fates = Arc::new(Mutex::new(fates.iter().copied().collect::<VecDeque<_>>()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream, peer.clone(), Arc::clone(&fates)));
        }
    });
    url
}

/// Handles one request and closes the connection.
async fn handle(mut stream: TcpStream, peer: String, fates: Arc<Mutex<VecDeque<Fate>>>) {
    let Some(request) = read_message(&mut stream).await else { return };
    let fate = fates.lock().unwrap().pop_front();
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
        nonce: nonce.to_owned(),
        record: Record {
            run_id: run.to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(1000),
            fields: Map::new(),
        },
        arrived: SystemTime::now(),
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
        let url = proxy(settings.dynamodb.as_deref().unwrap(), fates).await;
        let aws = Arc::new(AwsClients::new(settings.clone().at(&url), Connections::new()));
        let store = DynamoStore::new(Arc::clone(&aws));
        let (nonce, run) = (format!("n{index}"), index.to_string());
        assert_eq!(store.record(&entry(&nonce, &run)).await, Ok(Recorded::New), "{fates:?}");
        assert_eq!(aws.call_counts().into_values().sum::<u64>(), fates.len() as u64 + 1, "{fates:?}");
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
    let url = proxy(settings.dynamodb.as_deref().unwrap(), &[INVALID]).await;
    let aws = Arc::new(AwsClients::new(settings.at(&url), Connections::new()));
    let store = DynamoStore::new(Arc::clone(&aws));
    let fault = store.record(&entry("n", "1")).await.unwrap_err();
    assert!(fault.0.contains("ValidationException (400): no such thing"), "{fault:?}");
    assert_eq!(aws.call_counts().into_values().sum::<u64>(), 1);
    assert_eq!(store.record(&entry("n", "1")).await, Ok(Recorded::New));
}
