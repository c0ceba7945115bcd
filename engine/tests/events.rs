//! Events: what is told of reports, and how it reaches receivers that fail, hang, and end their subscriptions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Request,
    events::{self, Courier, Outgoing},
    signature,
    world::{Fault, Reply},
};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, pending};
use http::Method;
use serde_json::{Value, json};
use support::{NOON, TestServer, build};
use tokio::time::{Instant, sleep};

/// Base64 of 24 bytes.
const SIGNS: &str = "whsec_d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3";

/// What a receiver answers to the n-th request, from 0 on, so many seconds after the start.
type Answers = Box<dyn Fn(&str, usize, u64) -> Option<u16> + Send + Sync>;

/// Receivers whose answers a test chooses by host; `None` never answers.
struct Receivers {
    answers: Answers,
    start: Instant,
    asked: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    /// Host, seconds since the start, event.
    taken: Mutex<Vec<(String, u64, Value)>>,
}

impl Courier for Receivers {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>> {
        async move {
            let Outgoing::Webhook { url, headers, body } = outgoing else { panic!("a topic") };
            let event: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(headers["webhook-id"], event["id"].as_str().unwrap());
            assert!(headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
            let (number, host) = (self.asked.fetch_add(1, Ordering::Relaxed), url.host_str().unwrap().to_owned());
            let most = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(most, Ordering::Relaxed);
            let seconds = self.start.elapsed().as_secs();
            let Some(status) = (self.answers)(&host, number, seconds) else { return pending().await };
            sleep(Duration::from_millis(20)).await;
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            if status < 300 {
                self.taken.lock().unwrap().push((host, seconds, event));
            }
            Ok(Reply { status, ..Reply::default() })
        }
        .boxed()
    }
}

impl Receivers {
    fn events(&self, host: &str) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(of, ..)| of == host).map(|(.., event)| event.clone()).collect()
    }
}

/// A server with these subscriptions, whose pump runs with these answers.
fn server(subscriptions: &str, answers: Answers) -> (TestServer, Arc<Receivers>) {
    let server = unpumped(subscriptions);
    let receivers = pump(&server, answers);
    (server, receivers)
}

fn unpumped(subscriptions: &str) -> TestServer {
    let library = build("reporter.c", "reporter", &[]);
    let toml =
        format!("[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\ncollections = [\"runs\"]\n{subscriptions}");
    let server = TestServer::new(&toml);
    for (owner, purpose, secret) in [("acme", "TestData", "hush"), ("*", "Signs", SIGNS)] {
        let key = (owner.to_owned(), purpose.to_owned());
        server.store.secrets.lock().unwrap().insert(key, vec![secret.to_owned()]);
    }
    server
}

fn pump(server: &TestServer, answers: Answers) -> Arc<Receivers> {
    let start = Instant::now();
    let receivers = Arc::new(Receivers {
        answers,
        start,
        asked: AtomicUsize::default(),
        under_way: AtomicUsize::default(),
        most: AtomicUsize::default(),
        taken: Mutex::default(),
    });
    let clock: events::Clock = Arc::new(move || SystemTime::UNIX_EPOCH + NOON + start.elapsed());
    server.engine.tell_events(&(Arc::clone(&receivers) as Arc<dyn Courier>), &clock);
    receivers
}

fn subscription(name: &str, more: &str) -> String {
    format!(
        "[[subscription]]\nname = {name:?}\nurl = \"https://{name}.example\"\nsecret = \"Signs\"\n\
         events = [\"result.recorded\", \"badge.changed\"]\n{more}\n"
    )
}

async fn report(server: &TestServer, branch: &str, run: usize) {
    let path = format!("/runs/linux/acme/tools/{branch}");
    let body = format!(r#"{{"run_id":"{run}","timestamp_ms":{run},"url":"https://example.com/{run}"}}"#);
    let (time, nonce) = ("2026-11-21T12:00:00Z", format!("{branch}-{run}"));
    let mut request = Request::get(&path);
    request.method = Method::POST;
    request.body = Bytes::from(body.clone());
    request.correlation_id = "c0ffee".to_owned();
    let signature = signature::sign("hush", time, &nonce, "POST", &path, body.as_bytes());
    for (name, value) in [("x-signature", &*signature), ("x-timestamp", time), ("x-nonce", &*nonce)] {
        request.headers.insert(name, value.parse().unwrap());
    }
    assert_eq!(server.send(&request).await.status, 201);
}

/// The sequences that a receiver took, by branch, in the order of their arrival.
fn sequences(events: &[Value]) -> BTreeMap<String, Vec<u64>> {
    let mut sequences = BTreeMap::<_, Vec<_>>::new();
    for event in events {
        let branch = event["subject"]["branch"].as_str().unwrap().to_owned();
        sequences.entry(branch).or_default().push(event["sequence"].as_u64().unwrap());
    }
    sequences
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[tokio::test(start_paused = true)]
async fn a_report_is_told_with_the_badge_before_and_after_it() {
    let (server, receivers) = server(&subscription("team", ""), Box::new(|_, _, _| Some(204)));
    report(&server, "main", 7).await;
    sleep(Duration::from_secs(1)).await;
    report(&server, "main", 8).await;
    sleep(Duration::from_secs(1)).await;
    let events = receivers.events("team.example");
    let names: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(names, ["result.recorded", "badge.changed", "result.recorded", "badge.changed"]);
    assert_eq!(sequences(&events)["main"], [1, 2, 3, 4]);
    let second = &events[2];
    assert_eq!((&second["before"]["message"], &second["after"]["message"]), (&json!("7"), &json!("8")));
    assert_eq!((&second["data"]["run_id"], &second["correlation_id"]), (&json!("8"), &json!("c0ffee")));
    let subject = json!({"collection": "runs", "owner": "acme", "repo": "tools", "part": "linux", "branch": "main"});
    assert_eq!((&second["subject"], &events[0]["before"]), (&subject, &Value::Null));
    assert_eq!(events[1]["id"], format!("{}_badge", events[0]["id"].as_str().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_older_run_that_arrives_late_is_recorded_and_changes_no_badge() {
    let (server, receivers) = server(&subscription("team", ""), Box::new(|_, _, _| Some(204)));
    for run in [7, 6] {
        report(&server, "main", run).await;
        sleep(Duration::from_secs(1)).await;
    }
    let events = receivers.events("team.example");
    let names: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(names, ["result.recorded", "badge.changed", "result.recorded"]);
    assert_eq!(events[2]["before"], events[2]["after"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_subscription_nothing_is_written_besides_the_record() {
    let server = unpumped("");
    report(&server, "main", 7).await;
    assert!(server.store.entries.lock().unwrap()[0].outbox.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_down_for_an_hour_gets_everything_in_order_with_the_same_ids() {
    let is_up = |_: &str, _, seconds| Some(if seconds < 3600 { 503 } else { 200 });
    let (server, receivers) = server(&subscription("team", ""), Box::new(is_up));
    for run in 1..=5 {
        for branch in ["main", "next", "old"] {
            report(&server, branch, run).await;
        }
        sleep(minutes(5)).await;
    }
    assert!(receivers.events("team.example").is_empty());
    let asked = receivers.asked.load(Ordering::Relaxed);
    sleep(minutes(240)).await;
    let sequences = sequences(&receivers.events("team.example"));
    assert_eq!(sequences.len(), 3);
    assert!(sequences.values().all(|sequence| *sequence == (1..=10).collect::<Vec<_>>()), "{sequences:?}");
    // Only the first event of each subject was tried while the receiver was down.
    assert!(asked <= 3 * 5, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_slows_no_other_and_gets_at_most_ten_at_once() {
    let both = subscription("slow", "") + &subscription("quick", "");
    let answers = |host: &str, _, _| (host == "quick.example").then_some(200);
    let (server, receivers) = server(&both, Box::new(answers));
    for number in 0..30 {
        report(&server, &format!("b{number}"), 1).await;
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(receivers.events("quick.example").len(), 60);
    assert!(receivers.most.load(Ordering::Relaxed) <= 20, "ten to each of two");
    assert!(receivers.under_way.load(Ordering::Relaxed) == 10);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_takes_is_dead_after_nine_attempts_and_may_be_replayed() {
    let only_first = |_: &str, number, _| Some(if number < 9 { 500 } else { 200 });
    let (server, receivers) = server(&subscription("team", ""), Box::new(only_first));
    report(&server, "main", 7).await;
    sleep(minutes(9 * 60)).await;
    // The badge's event was not kept from its receiver by the dead one before it.
    assert_eq!(sequences(&receivers.events("team.example"))["main"], [2]);
    let now = SystemTime::UNIX_EPOCH + NOON + minutes(9 * 60);
    let letters = events::dead_letters(&*server.store, "team", "", 10, now).await.unwrap();
    let queued = letters[0].queued.as_ref().unwrap();
    assert_eq!((letters.len(), queued.attempts, &*queued.reason), (1, 9, "status 500"));
    assert_eq!(letters[0].replay(&*server.store, now).await, Ok(true));
    assert_eq!(letters[0].replay(&*server.store, now).await, Ok(false), "only once");
    sleep(minutes(1)).await;
    assert_eq!(sequences(&receivers.events("team.example"))["main"], [2, 1]);
    assert!(events::dead_letters(&*server.store, "team", "", 10, now).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_its_receiver_ended_begins_again_when_it_is_resumed() {
    let gone_until = |_: &str, _, seconds| Some(if seconds < 600 { 410 } else { 200 });
    let (server, receivers) = server(&subscription("team", ""), Box::new(gone_until));
    report(&server, "main", 7).await;
    sleep(minutes(5)).await;
    report(&server, "main", 8).await;
    sleep(minutes(10)).await;
    assert_eq!(receivers.asked.load(Ordering::Relaxed), 1, "nothing is sent to it any more");
    let now = SystemTime::UNIX_EPOCH + NOON + minutes(15);
    assert_eq!(events::ended_subscriptions(&*server.store, now).await.unwrap()[0].0, "team");
    assert_eq!(events::resume(&*server.store, "team", now).await, Ok(true));
    assert_eq!(events::resume(&*server.store, "team", now).await, Ok(false));
    sleep(minutes(1)).await;
    // What waited when it ended is sent; what happened since is not.
    assert_eq!(sequences(&receivers.events("team.example"))["main"], [1, 2]);
    report(&server, "main", 9).await;
    sleep(minutes(1)).await;
    assert_eq!(sequences(&receivers.events("team.example"))["main"], [1, 2, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_before_the_process_ended_is_told_by_the_next_one() {
    let server = unpumped(&subscription("team", ""));
    report(&server, "main", 7).await;
    report(&server, "main", 8).await;
    let receivers = pump(&server, Box::new(|_, _, _| Some(200)));
    sleep(Duration::from_secs(1)).await;
    // The badge shows the newer run already when the older one is told.
    let events = receivers.events("team.example");
    let names: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(names, ["result.recorded", "badge.changed", "result.recorded"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_delays_events_and_loses_none() {
    let (server, receivers) = server(&subscription("team", ""), Box::new(|_, _, _| Some(200)));
    report(&server, "main", 7).await;
    server.store.is_down.store(true, Ordering::Relaxed);
    sleep(minutes(3)).await;
    assert!(receivers.events("team.example").is_empty());
    server.store.is_down.store(false, Ordering::Relaxed);
    sleep(minutes(2)).await;
    assert_eq!(sequences(&receivers.events("team.example"))["main"], [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_gets_only_what_its_filters_let_through() {
    let some = subscription("main", "branch = \"main\"") + &subscription("others", "owner = \"other\"");
    let (server, receivers) = server(&some, Box::new(|_, _, _| Some(200)));
    report(&server, "main", 7).await;
    report(&server, "next", 7).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sequences(&receivers.events("main.example")).into_keys().collect::<Vec<_>>(), ["main"]);
    assert!(receivers.events("others.example").is_empty());
}
