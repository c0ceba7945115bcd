//! A server with the live page, and what it shows.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Config, Engine, Plugin, Response,
    store::{Delivery, Store, Subject, SubjectRecord},
};
use badgesmith_provider::{Manifest, Record, State, Timestamp};
use serde_json::{Value, json};

use super::{NOON, TestServer, ci::Ci};

/// Runs have an ending by a word, tests by their counts, and notes have none.
pub const MANIFEST: &str = r#"{"id": "ci", "version": "1.0.0", "mount": "/badges/ci", "requires": ["hooks", "states"],
    "collections": ["runs", "jobs", "tests", "notes"],
    "badges": [
        {"name": "run", "route": "{owner}/{repo}/{platform}/{branch…}", "label": "run", "reads": ["runs", "jobs"],
         "summary": "A run.", "example": "acme/shop/ci.yml/main"}],
    "series": [
        {"collection": "runs", "outcome": "end", "good": ["success"], "bad": ["failure"], "link": "url"},
        {"collection": "tests", "passed": "passed", "failed": "failed", "skipped": "skipped", "link": "url"},
        {"collection": "notes", "value": "stars"}],
    "hooks": [
        {"name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook",
         "collections": ["runs", "jobs"], "summary": "Deliveries.", "example": "/webhooks/github"}]}"#;

pub fn server(engine_toml: &str) -> TestServer {
    let plugin = Plugin::new("ci", Manifest::parse(MANIFEST).unwrap(), Arc::new(Ci)).unwrap();
    let config = Config::parse(&format!("[engine]\n{engine_toml}\n"), "plugins.toml".as_ref()).unwrap();
    let make = |world| Engine::new(vec![plugin], &config.engine, world).map(Engine::with_events);
    let server = TestServer::with_engine(Arc::default(), make).unwrap();
    server.store.secrets.lock().unwrap().insert(("*".to_owned(), "Webhook".to_owned()), vec!["hush".to_owned()]);
    server
}

/// A server where `acme/tools` is public.
pub fn live() -> TestServer {
    let server = server("live = true");
    visible(&server, "acme/tools", true);
    server
}

pub fn names(full_name: &str) -> (String, String) {
    let (owner, repo) = full_name.split_once('/').unwrap();
    (owner.to_owned(), repo.to_owned())
}

/// Says that a repository is public, or is not, as of now.
pub fn visible(server: &TestServer, full_name: &str, public: bool) {
    let (owner, repo) = names(full_name);
    let now = *server.now.lock().unwrap();
    let state = State {
        collection: "visibility".to_owned(),
        owner,
        repo,
        platform: "all".to_owned(),
        branch: "all".to_owned(),
        sequence: vec![now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), u64::from(!public)],
        fields: json!({ "public": public }).as_object().unwrap().clone(),
        life_seconds: None,
    };
    assert_eq!(now_or_never(server.store.put_state(&state, now)), Ok(true));
}

pub fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).unwrap()
}

/// Records a run of a branch, so many minutes before noon. The address is the number of the run.
pub fn record(
    server: &TestServer,
    full_name: &str,
    [collection, part, branch]: [&str; 3],
    minutes: u64,
    fields: Value,
) {
    let (owner, repo) = names(full_name);
    let arrived = *server.now.lock().unwrap();
    let number = server.store.entries.lock().unwrap().len();
    let time_ms = i64::try_from((NOON - Duration::from_secs(minutes * 60)).as_millis()).unwrap();
    let record = Record {
        run_id: number.to_string(),
        run_attempt: 1,
        timestamp_ms: Timestamp::nearest(time_ms),
        fields: fields.as_object().unwrap().clone(),
    };
    let subject = Subject::new(&owner, &repo, part, branch).unwrap();
    let records = vec![SubjectRecord { collection: collection.to_owned(), subject, record, outbox: None }];
    let delivery = Delivery { scheme: "test".to_owned(), owner, id: number.to_string(), records, arrived };
    assert_eq!(now_or_never(server.store.deliver(&delivery)), Ok(true));
}

pub fn run(server: &TestServer, full_name: &str, branch: &str, minutes: u64, end: &str) {
    let fields = json!({ "end": end, "url": format!("https://ci.example/{minutes}") });
    record(server, full_name, ["runs", "ci.yml", branch], minutes, fields);
}

/// Says that a run of a branch is under way.
pub fn under_way(server: &TestServer, full_name: &str, branch: &str, number: u64, fields: Value) {
    let (owner, repo) = names(full_name);
    let state = State {
        collection: "runs".to_owned(),
        owner,
        repo,
        platform: "ci.yml".to_owned(),
        branch: branch.to_owned(),
        sequence: vec![number],
        fields: fields.as_object().unwrap().clone(),
        life_seconds: None,
    };
    let now = *server.now.lock().unwrap();
    assert_eq!(now_or_never(server.store.put_state(&state, now)), Ok(true));
}

pub fn text(response: &Response) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

pub async fn body(server: &TestServer, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(response.status, 200, "{path}: {}", text(&response));
    text(&response)
}
