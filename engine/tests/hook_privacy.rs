//! What deliveries must not leave behind: times to come that hide what is told later, former names of repositories that
//! are private now, and reads that tell how much there is of a private one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{sync::Arc, time::SystemTime};

use badgesmith_engine::Settings;
use serde_json::{Value, json};
use support::{
    TestServer,
    ci::{delivery, payload, plugin},
};

const OWN: &str = "/webhooks/github/acme";

fn server() -> TestServer {
    let server = TestServer::with_plugins(vec![plugin()], &Settings::default(), Arc::default()).unwrap();
    server.store.secrets.lock().unwrap().insert(("acme".to_owned(), "Webhook".to_owned()), vec!["hush".to_owned()]);
    server
}

/// Sends a delivery of an event.
async fn take(server: &TestServer, event: &str, id: &str, payload: &Value) {
    let mut request = delivery("hush", OWN, id, payload.to_string());
    request.headers.insert("x-github-event", event.parse().unwrap());
    assert_eq!(server.send(&request).await.status, 200, "{payload}");
}

/// The server's time in milliseconds since 1970.
fn milliseconds(server: &TestServer) -> i64 {
    let since = server.now.lock().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

async fn words(server: &TestServer, repo: &str) -> String {
    server.words(&format!("/badges/ci/acme/{repo}/ci.yml/main.svg")).await
}

/// A payload of a repository that is private now.
fn private(full_name: &str, updated: &str) -> Value {
    let mut payload = payload(full_name, 8, "done");
    payload["repository"]["private"] = true.into();
    payload["repository"]["visibility"] = "private".into();
    payload["repository"]["updated_at"] = updated.into();
    payload
}

#[tokio::test]
async fn a_repository_that_was_public_at_a_time_to_come_can_become_private() {
    for time in [json!("9999-12-31T23:59:59Z"), json!(u64::MAX)] {
        let server = server();
        let mut public = payload("acme/shop", 7, "done");
        public["repository"]["pushed_at"] = time;
        take(&server, "run", "d1", &public).await;
        assert_eq!(words(&server, "shop").await, "run: 7 build=done");
        server.advance(120);
        let now = badgesmith_provider::Timestamp::nearest(milliseconds(&server));
        take(&server, "repository", "d2", &private("acme/shop", &now.to_string())).await;
        assert_eq!(words(&server, "shop").await, "run: no run");
    }
}

#[tokio::test]
async fn the_former_name_of_a_repository_is_shown_no_more_after_it_was_renamed() {
    let server = server();
    take(&server, "run", "d1", &payload("acme/Shop", 7, "done")).await;
    take(&server, "run", "d2", &payload("acme/other", 7, "done")).await;
    let renamed = |to: &str, from: &str| {
        let mut payload = payload(&format!("acme/{to}"), 7, "done");
        payload["repository"]["updated_at"] = "2026-11-21T11:30:00Z".into();
        payload["changes"] = json!({ "repository": { "name": { "from": from } } });
        payload
    };
    // It is still called so.
    take(&server, "repository", "d3", &renamed("shop", "Shop")).await;
    // Of another event it means something else.
    take(&server, "issues", "d4", &renamed("store", "shop")).await;
    assert_eq!(words(&server, "shop").await, "run: 7 build=done");
    take(&server, "repository", "d5", &renamed("store", "SHOP")).await;
    assert_eq!(words(&server, "shop").await, "run: no run");
    assert_eq!(words(&server, "store").await, "run: 7 build=done");
    assert_eq!(words(&server, "other").await, "run: 7 build=done");
}

#[tokio::test]
async fn a_record_of_a_time_to_come_does_not_hide_the_ones_that_follow() {
    let server = server();
    let mut future = payload("acme/shop", 7, "done");
    future["told"]["records"][0]["record"]["timestamp_ms"] = 253_402_300_799_000_u64.into();
    take(&server, "run", "d1", &future).await;
    server.advance(120);
    let mut next = payload("acme/shop", 9, "done");
    let now = milliseconds(&server);
    next["told"]["records"][0]["record"]["timestamp_ms"] = now.into();
    take(&server, "run", "d2", &next).await;
    assert_eq!(words(&server, "shop").await, "run: 9 build=done");
}

#[tokio::test]
async fn of_a_private_repository_nothing_is_read_whose_size_time_would_tell() {
    let server = server();
    take(&server, "run", "d1", &payload("acme/shop", 7, "done")).await;
    take(&server, "run", "d2", &private("acme/secret", "2026-11-21T11:00:00Z")).await;
    server.store.reads.lock().unwrap().clear();
    assert_eq!(words(&server, "secret").await, "run: no run");
    assert!(server.store.reads.lock().unwrap().is_empty());
    assert_eq!(words(&server, "shop").await, "run: 7 build=done");
    assert_eq!(server.store.reads.lock().unwrap().len(), 1);
}
