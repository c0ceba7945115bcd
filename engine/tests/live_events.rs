//! The events that listeners are told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use badgesmith_engine::{EventStream, Request};
use http::{HeaderValue, header};
use serde_json::Value;
use support::{
    TestServer,
    ci::{delivery, payload},
    live::{live, text},
};

/// The next message of a stream; the time has to stand still.
async fn next(stream: &mut EventStream) -> String {
    String::from_utf8(stream.next().await.to_vec()).unwrap()
}

async fn listen(server: &TestServer, path: &str) -> EventStream {
    let mut response = server.get(path).await;
    assert_eq!(response.status, 200);
    response.events.take().unwrap()
}

/// The id of a message.
fn id(message: &str) -> &str {
    message.split("id: ").nth(1).unwrap().lines().next().unwrap()
}

async fn deliver(server: &TestServer, id: &str, body: &Value) {
    let response = server.send(&delivery("hush", "/webhooks/github", id, body.to_string())).await;
    assert!(response.status.is_success(), "{}", text(&response));
    // What is told in the background is told now.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_told_what_changes_and_nothing_of_what_is_private() {
    let server = live();
    let mut response = server.get("/events").await;
    assert_eq!(response.headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(response.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers["x-accel-buffering"], "no");
    assert!(!response.headers.contains_key(header::CONTENT_LENGTH));
    let mut all = response.events.take().unwrap();
    let mut tools = listen(&server, "/events?owner=Acme&repo=Tools").await;
    let mut beta = listen(&server, "/events?owner=beta").await;
    let ready = next(&mut all).await;
    assert!(ready.starts_with("retry: 2000\n\nid: ") && ready.ends_with("event: ready\ndata: {}\n\n"), "{ready}");
    for other in [&mut tools, &mut beta] {
        assert_eq!(id(&next(other).await), id(&ready));
    }
    let mut hidden = payload("acme/vaulted", 1, "done");
    hidden["repository"]["private"] = true.into();
    hidden["repository"]["visibility"] = "private".into();
    deliver(&server, "1", &hidden).await;
    deliver(&server, "2", &payload("acme/tools", 1, "done")).await;
    let told = next(&mut all).await;
    let data = r#"data: {"collection":"runs","owner":"acme","repo":"tools","part":"ci.yml","branch":"main"}"#;
    assert!(told.contains(data) && told.contains("event: change"), "{told}");
    assert!(!told.contains("vaulted"));
    assert!(next(&mut tools).await.contains(data));
    assert_eq!(next(&mut beta).await, ": nothing new\n\n", "after 25 seconds");
    let before = tokio::time::Instant::now();
    assert_eq!(next(&mut beta).await, ": nothing new\n\n");
    assert_eq!(before.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_comes_back_is_told_what_it_missed_once_or_to_read_everything() {
    let server = live();
    let mut stream = listen(&server, "/events").await;
    let known = id(&next(&mut stream).await).to_owned();
    drop(stream);
    for number in 1..=3 {
        deliver(&server, &number.to_string(), &payload("acme/tools", number, "done")).await;
    }
    let mut back = Request::get("/events?after=nonsense");
    back.headers.insert("last-event-id", HeaderValue::from_str(&known).unwrap());
    let mut stream = server.send(&back).await.events.unwrap();
    assert!(next(&mut stream).await.contains("event: ready"));
    let missed = next(&mut stream).await;
    // Each delivery tells of a run and of a job.
    assert_eq!((missed.matches("event: change").count(), missed.matches(r#""collection":"runs""#).count()), (6, 3));
    let last = missed.rsplit("id: ").next().unwrap().lines().next().unwrap().to_owned();
    let mut stream = listen(&server, &format!("/events?after={last}")).await;
    assert!(next(&mut stream).await.contains("event: ready"));
    assert_eq!(next(&mut stream).await, ": nothing new\n\n", "it saw everything");
    for unknown in ["nonsense", "1-1", &format!("{last}0")] {
        let opening = next(&mut listen(&server, &format!("/events?after={unknown}")).await).await;
        assert!(opening.contains(&format!("id: {last}\nevent: reset")), "{opening}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_becomes_private_is_taken_back_from_the_page_and_the_events() {
    let server = live();
    let mut stream = listen(&server, "/events").await;
    let known = id(&next(&mut stream).await).to_owned();
    deliver(&server, "1", &payload("acme/tools", 1, "done")).await;
    assert!(next(&mut stream).await.contains("tools"));
    let mut private = payload("acme/tools", 2, "done");
    private["repository"]["private"] = true.into();
    private["repository"]["visibility"] = "private".into();
    private["repository"]["updated_at"] = "2026-11-21T13:00:00Z".into();
    deliver(&server, "2", &private).await;
    let told = next(&mut stream).await;
    assert!(told.contains("event: reset") && !told.contains("tools"), "{told}");
    let mut late = listen(&server, &format!("/events?after={known}")).await;
    let opening = next(&mut late).await;
    let told = next(&mut late).await;
    assert!(!opening.contains("tools") && !told.contains("tools") && told.contains("event: reset"), "{told}");
    assert_eq!(server.get("/live/acme/tools").await.status, 404);
}
