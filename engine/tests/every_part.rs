//! Queries for the records of every part of a branch: their answer, what is refused, and what is not shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use badgesmith_engine::{
    Plugin, Settings,
    store::{Entry, Store, Subject},
};
use badgesmith_provider::{Badge, Call, Manifest, PartsQuery, Provider, Query, Record, Step};
use serde_json::{Map, Value, json};
use support::{Log, NOON, TestServer};

/// Shows what its query finds. The query parameters change the query.
#[derive(Debug)]
struct Whole;

impl Provider for Whole {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let Some(query) = PartsQuery::of_all(call.query("of").unwrap_or("sizes"), call, &["size"]) else {
            return Ok(Badge::new(call.records(Query::latest("sizes", call))?.len().to_string()));
        };
        let last = call.query("last").map_or(2, |last| last.parse().unwrap());
        let fields = if call.flag("bare") { Vec::new() } else { query.fields.clone() };
        let found = call.parts(PartsQuery { last, fields, ..query })?;
        let part = |part: &badgesmith_provider::PartRecords| {
            let record = |record: &Record| {
                let names: Vec<_> = record.fields.keys().map(String::as_str).collect();
                format!("{} {}", record.run_id, names.join("+"))
            };
            format!("{}: {}", part.platform, part.records.iter().map(record).collect::<Vec<_>>().join(", "))
        };
        Ok(Badge::new(found.found.iter().map(part).collect::<Vec<_>>().join("; ") + "."))
    }
}

fn manifest() -> Value {
    json!({
        "id": "whole", "version": "1.0.0", "mount": "/badges/whole", "collections": ["sizes", "secrets"],
        "requires": ["parts", "hooks"],
        "badges": [{
            "name": "whole", "route": "{platform}/{owner}/{repo}/{branch…}", "query": ["last", "of", "bare"],
            "reads": ["sizes"], "label": "whole", "summary": "All parts.", "example": "all/acme/tools/main"
        }]
    })
}

fn server(manifest: &Value) -> TestServer {
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    let plugin = Plugin::new("whole", manifest, Arc::new(Whole)).unwrap();
    TestServer::with_plugins(vec![plugin], &Settings::default(), Arc::default()).unwrap()
}

/// Records runs of parts, each a minute after the one before.
async fn record(server: &TestServer, runs: &[&str]) {
    for (index, part) in runs.iter().enumerate() {
        let fields = json!({ "size": 1, "commit": "a1", "suites": [] });
        let time = i64::try_from(NOON.as_millis()).unwrap() - 3_600_000 + 60_000 * i64::try_from(index).unwrap();
        let entry = Entry {
            collection: "sizes".to_owned(),
            subject: Subject::new("acme", "tools", part, "main").unwrap(),
            nonce: index.to_string().into(),
            record: Record {
                run_id: index.to_string(),
                run_attempt: 1,
                timestamp_ms: time.try_into().unwrap(),
                fields: fields.as_object().cloned().unwrap_or_else(Map::new),
            },
            arrived: *server.now.lock().unwrap(),
            outbox: None,
        };
        server.store.record(&entry).await.unwrap();
    }
}

const BADGE: &str = "/badges/whole/all/acme/tools/main.svg";

#[tokio::test]
async fn every_part_is_answered_with_its_newest_records_and_the_fields_of_the_query() {
    let server = server(&manifest());
    assert_eq!(server.words(BADGE).await, "whole: .");
    record(&server, &["web", "api", "web", "all", "web"]).await;
    let words = server.words(BADGE).await;
    assert_eq!(words, "whole: api: 1 commit+size; web: 4 commit+size, 2 commit+size.");
    let words = server.words(&format!("{BADGE}?last=1")).await;
    assert_eq!(words, "whole: api: 1 commit+size; web: 4 commit+size.");
    let response = server.get(BADGE).await;
    assert_eq!(response.headers["last-modified"], "Sat, 21 Nov 2026 11:04:00 GMT");
    // It is read anew each time.
    record(&server, &["web", "api", "web", "all", "web", "new"]).await;
    assert!(server.words(BADGE).await.contains("; new: 5 "), "a new part is shown at once");
}

#[tokio::test]
async fn a_query_that_breaks_the_rules_is_refused_and_the_log_says_what_to_write() {
    let without = |name: &str, value: Value| {
        let mut manifest = manifest();
        manifest[name] = value;
        manifest
    };
    for (manifest, query, words) in [
        (without("requires", json!([])), "", "its manifest has to say \"requires\": [\"parts\"]"),
        (manifest(), "last=0", "it asks for 0 records of each part, not 1 to 10"),
        (manifest(), "last=11", "it asks for 11 records of each part, not 1 to 10"),
        (manifest(), "bare=1", "it asks for 0 fields, not 1 to 16"),
        (manifest(), "of=secrets", "add it to reads there"),
        (manifest(), "of=visibility", "add it to reads there"),
    ] {
        let server = server(&manifest);
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        let shown = server.words(&format!("{BADGE}?{query}")).await;
        drop(guard);
        // The log escapes quotation marks.
        let said = log.text().replace('\\', "");
        assert!(shown == "whole: provider failed" && said.contains(words), "{query}: {shown} {said}");
    }
    let server = server(&manifest());
    let long = format!("/badges/whole/all/acme/tools/{}.svg", "b".repeat(245));
    assert_eq!(server.words(&long).await, "whole: invalid branch");
    assert_eq!(server.words("/badges/whole/web/acme/tools/main.svg").await, "whole: 0");
}

#[tokio::test]
async fn a_collection_that_is_not_granted_is_refused() {
    let mut manifest = manifest();
    manifest["collections"] = json!(["secrets"]);
    manifest["badges"][0].as_object_mut().unwrap().remove("reads");
    let server = server(&manifest);
    assert_eq!(server.words(BADGE).await, "whole: provider failed");
}

#[tokio::test]
async fn what_deliveries_wrote_of_a_repository_that_is_not_known_to_be_public_has_no_parts() {
    let mut manifest = manifest();
    manifest["hooks"] = json!([{ "name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook",
        "collections": ["sizes"], "summary": "Deliveries.", "example": "/webhooks/github" }]);
    let server = server(&manifest);
    record(&server, &["web"]).await;
    assert_eq!(server.words(BADGE).await, "whole: .");
    server.store.is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(server.words(BADGE).await, "whole: store unavailable");
}
