//! `/health?deep=1`: the store and the secrets are checked at most once in ten seconds, and causes are not shown.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use badgesmith_engine::{Config, Engine, QueueDepth, QueueGauge, QueueHealth, Request, plugins, signature};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all, ready};
use http::Method;
use serde_json::Value;
use support::{TestServer, build, hello_toml};

const DEEP: &str = "/health?deep=1";

/// A server with a plugin that takes reports.
fn server() -> TestServer {
    let library = build("reporter.c", "reporter", &[]);
    let toml = format!("[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\ncollections = [\"runs\"]\n");
    let server = TestServer::new(&toml);
    let secrets = vec!["hush".to_owned()];
    server.store.secrets.lock().unwrap().insert(("acme".to_owned(), "TestData".to_owned()), secrets);
    server
}

/// The HTTP status, and for the store and the secrets their status and since when they are unavailable.
async fn deep(server: &TestServer) -> (u16, [(String, String); 2]) {
    let response = server.get(DEEP).await;
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let of = |index: usize, name: &str| {
        let dependency = &body["dependencies"][index];
        assert_eq!(dependency["name"], name, "{body}");
        let text = |key: &str| dependency[key].as_str().unwrap_or_default().to_owned();
        (text("status"), text("since"))
    };
    assert!(!body.to_string().contains("down"), "what is wrong is for the log: {body}");
    (response.status.as_u16(), [of(0, "store"), of(1, "secrets")])
}

fn set(what: &AtomicBool, is_down: bool) {
    what.store(is_down, Ordering::Relaxed);
}

fn healthy() -> (String, String) {
    ("in service".to_owned(), String::new())
}

fn unavailable(since: &str) -> (String, String) {
    ("unavailable".to_owned(), since.to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_store_or_unavailable_secrets_are_status_503_with_the_time_of_the_failure() {
    let server = server();
    assert_eq!(deep(&server).await, (200, [healthy(), healthy()]));
    server.advance(60);
    set(&server.store.is_down, true);
    let since = deep(&server).await.1[0].1.clone();
    assert!(since.starts_with("20") && since.ends_with('Z'), "{since}");
    server.advance(600);
    assert_eq!(
        deep(&server).await,
        (503, [unavailable(&since), healthy()]),
        "the time of the first failed check stays"
    );
    assert!(
        server.get("/health").await.body.starts_with(br#"{"status":"Healthy","#),
        "without `deep` nothing is checked"
    );
    let mut head = Request::get(DEEP);
    head.method = Method::HEAD;
    let response = server.send(&head).await;
    assert_eq!(response.status, 503);
    assert_eq!(response.headers["cache-control"], "no-store");
    set(&server.store.is_down, false);
    server.advance(60);
    assert_eq!(deep(&server).await, (200, [healthy(), healthy()]));
    server.advance(60);
    set(&server.store.are_secrets_down, true);
    let (status, [store, secrets]) = deep(&server).await;
    assert_eq!((status, store, &*secrets.0), (503, healthy(), "unavailable"));
    assert_ne!(secrets.1, since);
}

#[tokio::test(start_paused = true)]
async fn without_reports_an_unavailable_store_is_status_200() {
    let server = TestServer::new(&hello_toml());
    set(&server.store.is_down, true);
    let (status, [store, _]) = deep(&server).await;
    assert_eq!((status, &*store.0), (200, "unavailable"));
}

#[tokio::test(start_paused = true)]
async fn dependencies_are_checked_at_most_once_in_ten_seconds() {
    let server = server();
    let checks = || server.store.checks.load(Ordering::Relaxed);
    join_all((0..50).map(|_| server.get(DEEP))).await;
    assert_eq!(checks(), 2, "one check of the store and one of the secrets");
    for _ in 0..9 {
        server.advance(1);
        server.get(DEEP).await;
    }
    assert_eq!(checks(), 2);
    server.advance(1);
    server.get(DEEP).await;
    assert_eq!(checks(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_fails_discards_the_cached_outcome_of_the_health_check() {
    let server = server();
    assert_eq!(deep(&server).await.0, 200);
    set(&server.store.is_down, true);
    let (path, body) =
        ("/runs/linux/acme/tools/main", r#"{"run_id":"1","timestamp_ms":1,"url":"https://example.com/1"}"#);
    let mut report = Request::get(path);
    (report.method, report.body) = (Method::POST, Bytes::from_static(body.as_bytes()));
    let (time, nonce) = ("2026-11-21T12:00:00Z", "n1");
    let signature = signature::sign("hush", time, nonce, "POST", path, body.as_bytes());
    for (name, value) in [("x-signature", &*signature), ("x-timestamp", time), ("x-nonce", nonce)] {
        report.headers.insert(name, value.parse().unwrap());
    }
    assert_eq!(server.send(&report).await.status, 503);
    assert_eq!(deep(&server).await.0, 503);
}

/// The queues of reports and of events, of which one may be down.
#[derive(Debug)]
struct Queues(&'static str);

impl QueueGauge for Queues {
    fn read(&self) -> BoxFuture<'_, Vec<QueueHealth>> {
        let depth = |name| (name != self.0).then_some(QueueDepth { waiting: 3, received: 2, dead: 1 });
        Box::pin(ready(["reports", "events"].map(|name| QueueHealth::new(name, depth(name))).into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_does_not_answer_is_degraded_and_status_503_only_if_reports_wait_in_it() {
    let library = build("reporter.c", "reporter", &[]);
    for (ingest, down, status, words) in [
        ("queue", "none", 200, "Healthy"),
        ("queue", "events", 200, "Degraded"),
        ("queue", "reports", 503, "Degraded"),
        ("direct", "reports", 200, "Degraded"),
    ] {
        let toml = format!(
            "[engine]\ningest = {ingest:?}\n[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\n\
             collections = [\"runs\"]\n"
        );
        let config = Config::parse(&toml, Path::new("plugins.toml")).unwrap();
        let plugins = plugins::load(&config, &[]).unwrap();
        let make = |world| {
            let engine = Engine::new(plugins, &config.engine, world)?;
            Ok::<_, badgesmith_engine::RouteError>(engine.with_queue_gauge(Arc::new(Queues(down))))
        };
        let server = TestServer::with_engine(Arc::default(), make).unwrap();
        let response = server.get(DEEP).await;
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!((response.status.as_u16(), &body["status"]), (status, &words.into()), "{ingest} {down}: {body}");
        for queue in body["queues"].as_array().unwrap() {
            let (status, waiting) =
                if queue["name"] == down { ("unavailable", Value::Null) } else { ("in service", 3.into()) };
            assert_eq!((&queue["status"], &queue["waiting"]), (&status.into(), &waiting), "{body}");
        }
        assert!(!server.get("/health").await.body.windows(6).any(|part| part == b"queues"));
    }
}
