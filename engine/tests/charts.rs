//! Trends, rates, charts and histories of recorded results.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::{Arc, atomic::Ordering};

use badgesmith_engine::{
    Plugin, PrivateName, Request, Settings,
    store::{Entry, Store, Subject},
};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Query, Record, State, Step, Timestamp};
use serde_json::{Value, json};
use support::{NOON, TestServer};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Shows how many tests of the newest result passed; it has a parameter `as` of its own at one of its addresses.
#[derive(Debug)]
struct Runs;

impl Provider for Runs {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let records = call.records(Query::latest("runs", call))?;
        let passed = records.first().and_then(|record| record.fields.get("passed")).and_then(Value::as_u64);
        Ok(match (passed, call.query("as")) {
            (_, Some(own)) => Badge::new(own),
            (Some(passed), None) => Badge::new(format!("{passed} passed")).color("blue"),
            (None, None) => Badge::new("no results"),
        })
    }
}

fn manifest() -> Value {
    json!({
        "id": "runs", "version": "1.0.0", "mount": "/badges/runs",
        "badges": [
            { "name": "run", "route": "{platform}/{owner}/{repo}/{branch…}", "label": "tests", "summary": "Tests.",
              "example": "linux/acme/tools/main" },
            { "name": "own", "route": "/badges/own/{platform}/{owner}/{repo}/{branch…}", "query": ["as"], "label": "own",
              "summary": "Its own.", "example": "/badges/own/linux/acme/tools/main" }
        ],
        "collections": ["runs", "counters"],
        "series": [
            { "collection": "runs", "name": "tests", "passed": "passed", "failed": "failed", "skipped": "skipped",
              "duration": "ms", "link": "url" },
            { "collection": "counters", "value": "stars" }
        ],
        "charts": [
            { "route": "/charts/code/forks/{owner}/{repo}", "collection": "counters", "platform": "counters",
              "branch": "all", "value": "forks", "label": "forks", "summary": "Forks.",
              "example": "/charts/code/forks/acme/tools" }
        ]
    })
}

fn plugin(manifest: &Value) -> Plugin {
    Plugin::new("runs", Manifest::parse(&manifest.to_string()).unwrap(), Arc::new(Runs)).unwrap()
}

fn server() -> TestServer {
    TestServer::with_plugins(vec![plugin(&manifest())], &Settings::default(), Arc::default()).unwrap()
}

/// Now, in milliseconds.
fn now() -> i64 {
    i64::try_from(NOON.as_millis()).unwrap()
}

/// Records a result of the branch `main`, so many minutes before now.
fn record(server: &TestServer, run: usize, minutes: i64, fields: &Value) {
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    add(server, "runs", subject, run, now() - minutes * MINUTE, fields);
}

fn add(server: &TestServer, collection: &str, subject: Subject, run: usize, at_ms: i64, fields: &Value) {
    let fields = fields.as_object().unwrap().clone();
    let timestamp_ms = Timestamp::nearest(at_ms);
    let record = Record { run_id: run.to_string(), run_attempt: 1, timestamp_ms, fields };
    let (collection, nonce) = (collection.to_owned(), run.to_string());
    let entry =
        Entry { collection, subject, nonce: nonce.into(), record, arrived: std::time::UNIX_EPOCH + NOON, outbox: None };
    server.store.entries.lock().unwrap().push(entry);
}

/// Twenty results, of which the sixteenth newest failed.
fn with_results() -> TestServer {
    let server = server();
    for run in 0..20 {
        let failed = u64::from(run == 4);
        let fields = json!({"passed": 170 + run, "failed": failed, "skipped": 1, "ms": 133_000, "secret": "hush",
            "url": format!("https://example.com/{run}")});
        record(&server, run, 20 * (20 - run as i64), &fields);
    }
    server
}

async fn json(server: &TestServer, path: &str) -> Value {
    serde_json::from_slice(&server.get(path).await.body).unwrap()
}

async fn message(server: &TestServer, path: &str) -> String {
    let badge = json(server, path).await;
    badge["message"].as_str().unwrap().to_owned() + " " + badge["color"].as_str().unwrap_or_default()
}

const BADGE: &str = "/badges/runs/linux/acme/tools/main";
const CHART: &str = "/charts/tests/linux/acme/tools/main";
const HISTORY: &str = "/api/history/tests/linux/acme/tools/main";

#[tokio::test]
async fn a_trend_is_a_part_of_the_picture_and_not_of_json() {
    let server = with_results();
    let words = "tests: 189 passed; trend of 5: first 185, last 189, least 185, most 189";
    assert_eq!(server.words(&format!("{BADGE}.svg?trend=5")).await, words);
    let words = "tests: 189 passed; trend of 20: first 170, last 189, least 170, most 189, 1 of 20 failed";
    assert_eq!(server.words(&format!("{BADGE}.svg?trend=60&style=social")).await, words.replacen("tests", "Tests", 1));
    let json = server.get(&format!("{BADGE}?trend=5")).await;
    assert_eq!(json.body, server.get(BADGE).await.body);
    assert_ne!(server.get(&format!("{BADGE}.png?trend=5")).await.body, server.get(&format!("{BADGE}.png")).await.body);
    // The badge reads one record, and its trend so many.
    server.store.reads.lock().unwrap().clear();
    server.get(&format!("{BADGE}.svg?trend=5&rate=30&as=duration")).await;
    assert_eq!(*server.store.reads.lock().unwrap(), [1, 30]);
    server.store.reads.lock().unwrap().clear();
    server.get(&format!("{BADGE}?trend=5")).await;
    assert_eq!(*server.store.reads.lock().unwrap(), [1]);
}

#[tokio::test]
async fn a_rate_or_a_duration_is_the_message_in_every_format() {
    let server = with_results();
    for (query, expected) in [
        ("rate=10", "100 % brightgreen"),
        ("rate=20", "95 % green"),
        ("rate=60&as=duration", "95 % green"),
        ("as=duration", "2m 13s blue"),
        ("", "189 passed blue"),
    ] {
        assert_eq!(message(&server, &format!("{BADGE}?{query}")).await, expected, "{query}");
    }
    assert_eq!(server.words(&format!("{BADGE}.svg?rate=20")).await, "tests: 95 %");
}

#[tokio::test]
async fn an_invalid_value_is_refused_in_json_and_ignored_in_a_picture() {
    let server = with_results();
    for (query, remedy) in [
        ("trend=0", "use a number from 1 to 60"),
        ("trend=61", "use a number from 1 to 60"),
        ("trend=x", "use a number from 1 to 60"),
        ("rate=0", "use a number from 1 to 60"),
        ("rate=-1", "use a number from 1 to 60"),
        ("as=version", "use duration"),
    ] {
        let refused = server.get(&format!("{BADGE}?{query}")).await;
        let name = query.split('=').next().unwrap();
        let body: Value = serde_json::from_slice(&refused.body).unwrap();
        assert_eq!((refused.status.as_u16(), &body["error_details"][0]["property_name"]), (400, &json!(name)));
        assert_eq!(body["message"], format!("invalid {name}; {remedy}"));
        assert_eq!(server.words(&format!("{BADGE}.svg?{query}")).await, "tests: 189 passed", "{query}");
    }
    assert_eq!(message(&server, &format!("{BADGE}?trend=&rate=&as=")).await, "189 passed blue");
    let refused = server.get(&format!("{CHART}?format=json")).await;
    assert!(String::from_utf8_lossy(&refused.body).contains("invalid format; use svg or png"), "{refused:?}");
}

#[tokio::test]
async fn a_parameter_of_the_badge_wins_over_an_override_of_its_name() {
    let server = with_results();
    assert_eq!(message(&server, "/badges/own/linux/acme/tools/main?as=duration").await, "duration lightgrey");
    assert_eq!(message(&server, "/badges/own/linux/acme/tools/main?as=other&rate=20").await, "95 % green");
}

#[tokio::test]
async fn a_badge_without_records_or_without_an_answer_of_the_store_is_as_it_would_be_without_a_trend() {
    let server = server();
    let all = "trend=9&rate=9&as=duration";
    assert_eq!(server.words(&format!("{BADGE}.svg?{all}")).await, "tests: no results");
    record(&server, 1, 1, &json!({"passed": 0, "failed": 0}));
    assert_eq!(server.words(&format!("{BADGE}.svg?rate=9&as=duration")).await, "tests: 0 passed");
    // A badge of a plugin without a series takes no such parameter.
    let mut without = manifest();
    without["series"] = json!([]);
    without["charts"] = json!([]);
    let store = Arc::clone(&server.store);
    let server = TestServer::with_plugins(vec![plugin(&without)], &Settings::default(), store).unwrap();
    assert_eq!(message(&server, &format!("{BADGE}?trend=x&rate=9")).await, "0 passed blue");
    assert_eq!(server.get(&format!("{CHART}.svg")).await.status, 200);
    assert_eq!(server.words(&format!("{CHART}.svg")).await, "404: badge not found");
}

#[tokio::test]
async fn a_chart_is_an_svg_unless_it_is_asked_for_as_a_png() {
    let server = with_results();
    let chart = server.get(CHART).await;
    assert_eq!(chart.headers["content-type"], "image/svg+xml;charset=utf-8");
    assert_eq!(chart.headers["cache-control"], "public, max-age=60, s-maxage=60, stale-while-revalidate=300");
    let text = String::from_utf8(chart.body.to_vec()).unwrap();
    assert_eq!(support::title(&text), Some("tests of acme/tools, linux, main"));
    assert!(
        text.contains("<desc>20 results; the newest on 21 Nov 2026: 189 passed, 0 failed, 1 skipped</desc>"),
        "{text}"
    );
    for path in [format!("{CHART}.svg"), CHART.replace("tests/", "runs/"), format!("{CHART}?days=x&theme=round")] {
        assert_eq!(server.get(&path).await.body, chart.body, "{path}");
    }
    let png = server.get(&format!("{CHART}.png?scale=2")).await;
    assert!(png.body.starts_with(b"\x89PNG") && png.headers["content-type"] == "image/png");
    for query in ["theme=dark", "theme=light", "text=outline", "days=1", "label=mine"] {
        assert_ne!(server.get(&format!("{CHART}?{query}")).await.body, chart.body, "{query}");
    }
    assert_eq!(server.words(&format!("{CHART}?label=mine")).await, "mine");
    let mut request = Request::get(CHART);
    request.headers.insert("if-none-match", chart.headers["etag"].clone());
    assert_eq!(server.send(&request).await.status, 304);
    assert_eq!(server.get(&format!("{CHART}?format=json")).await.status, 400);
}

#[tokio::test]
async fn a_chart_of_nothing_is_an_empty_chart_and_an_unknown_collection_has_none() {
    let server = server();
    let desc = |text: String| text.split_once("<desc>").unwrap().1.split_once("</desc>").unwrap().0.to_owned();
    let body = async |path: &str| String::from_utf8(server.get(path).await.body.to_vec()).unwrap();
    assert_eq!(desc(body(CHART).await), "no results in 90 days");
    assert_eq!(desc(body(&format!("{CHART}?days=1")).await), "no results in 1 day");
    assert_eq!(desc(body("/charts/code/forks/acme/tools?days=730").await), "no values in 730 days");
    for path in ["/charts/other/linux/acme/tools/main", "/charts/tests/linux/acme.png?format=svg", "/charts"] {
        assert_eq!(server.words(path).await, "404: badge not found", "{path}");
    }
    let long = format!("/charts/tests/linux/acme/tools/{}", "x".repeat(245));
    assert_eq!(server.words(&long).await, "tests: invalid branch");
    assert_eq!(server.get("/api/history/other/linux/acme/tools/main").await.status, 404);
}

#[tokio::test]
async fn a_chart_of_a_manifest_draws_the_field_that_it_names() {
    let server = server();
    for (run, (stars, forks)) in [(10, 3), (12, 4), (15, 4)].into_iter().enumerate() {
        let subject = Subject::new("acme", "tools", "counters", "all").unwrap();
        let fields = json!({"stars": stars, "forks": forks});
        add(&server, "counters", subject, run, now() - (3 - run as i64) * DAY, &fields);
    }
    let text = String::from_utf8(server.get("/charts/code/forks/Acme/tools.svg").await.body.to_vec()).unwrap();
    assert_eq!(support::title(&text), Some("forks of Acme/tools"));
    assert!(text.contains("first 3 on 18 Nov 2026, last 4 on 20 Nov 2026, least 3, most 4"), "{text}");
    let text = server.get("/charts/counters/counters/acme/tools/all").await;
    assert!(String::from_utf8_lossy(&text.body).contains("least 10, most 15"));
    let history = json(&server, "/api/history/counters/counters/acme/tools/all?last=1").await;
    assert_eq!(history["items"][0]["value"], 15.0);
}

#[tokio::test]
async fn values_that_are_words_have_a_history_and_no_chart() {
    let server = server();
    let subject = || Subject::new("acme", "tools", "channel", "main").unwrap();
    add(&server, "counters", subject(), 1, now() - DAY, &json!({"stars": "many"}));
    let chart = server.get("/charts/counters/channel/acme/tools/main").await;
    assert!(String::from_utf8_lossy(&chart.body).contains("no numbers in 90 days"));
    let history = json(&server, "/api/history/counters/channel/acme/tools/main").await;
    assert_eq!(history["items"][0]["value"], "many");
    // A number among them is drawn.
    add(&server, "counters", subject(), 2, now(), &json!({"stars": 12}));
    let chart = server.get("/charts/counters/channel/acme/tools/main").await;
    assert!(String::from_utf8_lossy(&chart.body).contains("12 on 21 Nov 2026"));
}

#[tokio::test]
async fn a_chart_is_kept_until_there_is_a_newer_result() {
    let server = with_results();
    let reads = || std::mem::take(&mut *server.store.reads.lock().unwrap());
    let first = server.get(CHART).await;
    // Without an answer in the cache it costs one bounded read, and with one it costs a look at the newest record.
    assert_eq!(reads(), [1000]);
    let steps = server.executor.steps.load(Ordering::Relaxed);
    assert_eq!(server.get(CHART).await.body, first.body);
    assert_eq!((reads(), server.executor.steps.load(Ordering::Relaxed)), (vec![1], steps));
    record(&server, 99, 0, &json!({"passed": 500, "failed": 0}));
    let newer = server.get(CHART).await;
    assert!(String::from_utf8_lossy(&newer.body).contains("500 passed"));
    assert_eq!(reads(), [1, 1000]);
    // A result that arrives late is older than the newest; it is shown a minute later.
    record(&server, 98, 5, &json!({"passed": 1, "failed": 777}));
    assert_eq!(server.get(CHART).await.body, newer.body);
    server.advance(60);
    assert!(String::from_utf8_lossy(&server.get(CHART).await.body).contains("22 results"));
    assert_eq!(reads(), [1, 1000]);
    server.store.is_down.store(true, Ordering::Relaxed);
    assert_eq!(server.words(&format!("{CHART}?days=7")).await, "tests: store unavailable");
}

#[tokio::test]
async fn callers_of_one_chart_share_its_drawing() {
    let server = with_results();
    let all = futures_util::future::join_all((0..20).map(|_| server.get(CHART))).await;
    assert!(all.iter().all(|one| one.status == 200 && one.body == all[0].body));
    assert_eq!(*server.store.reads.lock().unwrap(), [1000]);
    assert_eq!(server.executor.steps.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_history_is_read_page_by_page_without_a_gap_or_a_repetition() {
    let server = with_results();
    let first = json(&server, &format!("{HISTORY}?last=1")).await;
    let expected = json!({
        "series": "tests", "owner": "acme", "repo": "tools", "part": "linux", "branch": "main",
        "items": [{
            "time": "2026-11-21T11:40:00.000Z", "run_id": "19", "run_attempt": 1, "succeeded": true, "passed": 189,
            "failed": 0, "skipped": 1, "duration_ms": 133_000, "link": "https://example.com/19"
        }],
        "next": first["next"]
    });
    assert_eq!(first, expected);
    for last in [1, 3, 7, 20, 100] {
        let mut runs = Vec::new();
        let mut after = String::new();
        loop {
            let page = json(&server, &format!("{HISTORY}?last={last}&after={after}")).await;
            runs.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["run_id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else { break };
            next.clone_into(&mut after);
        }
        let expected: Vec<_> = (0..20).rev().map(|run| run.to_string()).collect();
        assert_eq!(runs, expected, "{last}");
    }
    let since = json(&server, &format!("{HISTORY}?since=2026-11-21T11:00:00Z")).await;
    assert_eq!(since["items"].as_array().unwrap().len(), 3);
    assert!(since.get("next").is_none());
}

#[tokio::test]
async fn a_history_shows_no_field_that_its_series_does_not_name_and_no_link_that_is_none() {
    let server = server();
    record(&server, 1, 1, &json!({"passed": 1, "failed": 0, "secret": "hush", "url": "javascript:alert(1)"}));
    let body = String::from_utf8(server.get(HISTORY).await.body.to_vec()).unwrap();
    assert!(!body.contains("hush") && !body.contains("javascript"), "{body}");
}

#[tokio::test]
async fn a_history_has_an_etag_and_refuses_what_is_invalid() {
    let server = with_results();
    let page = server.get(HISTORY).await;
    assert_eq!(page.headers["content-type"], "application/json");
    let mut request = Request::get(HISTORY);
    request.headers.insert("if-none-match", page.headers["etag"].clone());
    assert_eq!(server.send(&request).await.status, 304);
    for query in ["last=0", "last=101", "last=x", "since=yesterday", "since=1", "after=x", "after=%25"] {
        let refused = server.get(&format!("{HISTORY}?{query}")).await;
        let body: Value = serde_json::from_slice(&refused.body).unwrap();
        let name = query.split('=').next().unwrap();
        assert_eq!(
            (refused.status.as_u16(), &body["error_details"][0]["property_name"]),
            (400, &json!(name)),
            "{query}"
        );
    }
    // A branch may be called as a picture is.
    assert_eq!(json(&server, &format!("{HISTORY}.svg")).await["branch"], "main.svg");
}

#[tokio::test]
async fn a_manifest_whose_series_or_charts_cannot_be_served_is_refused_with_the_reason() {
    for (at, value, reason) in [
        ("/series/0/collection", "other", "collections lacks \"other\", which has a series"),
        ("/series/0/name", "Tests", "the series \"Tests\" is not lower-case letters, digits and -"),
        ("/series/0/name", "counters", "two series are called \"counters\""),
        ("/charts/0/route", "/chart/forks/{owner}/{repo}", "does not begin with /charts/"),
        ("/charts/0/route", "/charts/forks/{owner}", "does not begin with /charts/"),
        ("/charts/0/collection", "other", "no series is of \"other\""),
    ] {
        let mut manifest = manifest();
        *manifest.pointer_mut(at).unwrap() = json!(value);
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let fault = Plugin::new("runs", manifest, Arc::new(Runs)).unwrap_err().to_string();
        assert!(fault.contains(reason), "{fault}");
    }
    // No plugin's own route stands among them.
    let mut manifest = manifest();
    *manifest.pointer_mut("/badges/1/route").unwrap() = json!("/charts/own/{platform}/{owner}/{repo}/{branch…}");
    *manifest.pointer_mut("/badges/1/example").unwrap() = json!("/charts/own/linux/acme/tools/main");
    let fault = TestServer::with_plugins(vec![plugin(&manifest)], &Settings::default(), Arc::default());
    assert!(fault.is_err_and(|fault| fault.to_string().contains("/charts/own/")));
}

/// Says, as a delivery or an answer of the forge would, whether the repository `acme/tools` is public.
async fn say_public(server: &TestServer, is_public: bool, seconds: u64) {
    let text = |text: &str| text.to_owned();
    let state = State {
        collection: text("visibility"),
        owner: text("acme"),
        repo: text("tools"),
        platform: text("all"),
        branch: text("all"),
        sequence: vec![seconds],
        fields: json!({ "public": is_public }).as_object().unwrap().clone(),
        life_seconds: None,
    };
    let now = *server.now.lock().unwrap();
    assert_eq!(server.store.put_state(&state, now).await, Ok(true));
}

#[tokio::test]
async fn what_webhooks_recorded_of_a_private_repository_is_exactly_as_if_nothing_were_there() {
    let mut manifest = manifest();
    manifest["requires"] = json!(["hooks"]);
    manifest["hooks"] = json!([{ "name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook",
        "collections": ["runs", "counters"], "summary": "Deliveries.", "example": "/webhooks/github" }]);
    let server_of =
        |settings: &Settings| TestServer::with_plugins(vec![plugin(&manifest)], settings, Arc::default()).unwrap();
    let fill = |server: &TestServer| {
        for run in 0..9 {
            record(server, run, 9 - run as i64, &json!({"passed": 9, "failed": 0, "ms": 5}));
            let subject = Subject::new("acme", "tools", "counters", "all").unwrap();
            add(server, "counters", subject, run, now() - MINUTE, &json!({"stars": 7, "forks": 3}));
        }
    };
    let paths = [
        format!("{BADGE}.svg?trend=9&rate=9&as=duration"),
        format!("{BADGE}?rate=9"),
        CHART.to_owned(),
        format!("{CHART}.png"),
        "/charts/code/forks/acme/tools".to_owned(),
        HISTORY.to_owned(),
        "/api/history/counters/counters/acme/tools/all".to_owned(),
    ];
    let answers = async |server: &TestServer| {
        let mut answers = Vec::new();
        for path in &paths {
            let response = server.get(path).await;
            answers.push((response.status, response.headers.clone(), response.body.clone()));
        }
        answers
    };
    let nothing = answers(&server_of(&Settings::default())).await;
    let server = server_of(&Settings::default());
    fill(&server);
    // It is not known to be public; then it is, then it becomes private, while its charts are kept.
    assert_eq!(answers(&server).await, nothing);
    say_public(&server, true, 1).await;
    let shown = answers(&server).await;
    assert!(shown.iter().zip(&nothing).all(|(shown, nothing)| shown.2 != nothing.2));
    say_public(&server, false, 2).await;
    assert_eq!(answers(&server).await, nothing);
    // A grant shows it.
    let granted = Settings { private: vec![PrivateName::try_from("acme".to_owned()).unwrap()], ..Settings::default() };
    let server = server_of(&granted);
    fill(&server);
    assert_eq!(answers(&server).await, shown);
}

#[tokio::test]
async fn every_address_of_a_series_is_in_the_document_and_answers_its_example() {
    let server = server();
    let document = json(&server, "/openapi.json").await;
    let listing = json(&server, "/?format=json").await;
    let page = String::from_utf8(server.get("/").await.body.to_vec()).unwrap();
    let mut count = 0;
    for kind in ["charts", "histories"] {
        for listed in listing["providers"][0][kind].as_array().unwrap() {
            let (route, example) = (listed["route"].as_str().unwrap(), listed["example"].as_str().unwrap());
            let operation = &document["paths"][route.replace('…', "")]["get"];
            for parameter in operation["parameters"].as_array().unwrap() {
                let reference = parameter["$ref"].as_str().map_or("", |reference| reference.trim_start_matches('#'));
                assert!(document.pointer(reference).is_some(), "{reference}");
            }
            let response = server.get(example).await;
            let media = response.headers["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
            assert!(operation["responses"]["200"]["content"][&media].is_object(), "{route} {media}");
            assert_eq!(response.status, 200, "{example}");
            assert!(page.contains(route.split('{').next().unwrap()), "{route}");
            count += 1;
        }
    }
    // Two names of one series, one of the other, and a chart of the manifest's.
    assert_eq!(count, 3 + 3 + 1);
    let names = |path: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let names = parameters.iter().filter_map(|parameter| parameter["$ref"].as_str()?.rsplit('/').next());
        names.filter(|name| ["trend", "rate", "asDuration"].contains(name)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("/badges/runs/{platform}/{owner}/{repo}/{branch}"), "trend rate asDuration");
    assert_eq!(names("/badges/own/{platform}/{owner}/{repo}/{branch}"), "trend rate");
    assert_eq!(names("/static/v1"), "");
    assert_eq!(listing["providers"][0]["badges"][1]["query"], json!(["as", "trend", "rate"]));
}
