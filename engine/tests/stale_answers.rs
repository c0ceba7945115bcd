//! Answers that deliveries make stale, requests that are optional or fresh for a time of their own, and badges that
//! read the store although others of their plugin do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use badgesmith_engine::{Origin, Plugin, Settings, plugins::BoundSecret, world::Fault};
use badgesmith_provider::{About, Auth, Badge, Call, Delivered, Manifest, Provider, Query, Request, Step};
use support::{
    Log, MemoryStore, TestServer,
    ci::{delivery, payload},
};

const MANIFEST: &str = r#"{"id": "shop", "version": "1.0.0", "mount": "/badges/shop",
    "requires": ["hooks", "optional-requests", "fresh-requests", "about"], "collections": ["runs"],
    "origins": ["https://up.example"],
    "badges": [
        {"name": "about", "route": "about/{owner}/{repo}", "label": "a", "summary": "A.", "example": "about/a/b"},
        {"name": "fresh", "route": "fresh/{owner}/{repo}", "label": "f", "summary": "F.", "example": "fresh/a/b",
         "fresh-seconds": 30},
        {"name": "optional", "route": "optional/{owner}/{repo}", "label": "o", "summary": "O.",
         "example": "optional/a/b"},
        {"name": "reading", "route": "reading/{owner}/{repo}", "label": "r", "summary": "R.", "reads": ["runs"],
         "example": "reading/a/b"},
        {"name": "lying", "route": "lying/{owner}/{repo}", "label": "l", "summary": "L.", "example": "lying/a/b"}],
    "hooks": [
        {"name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook", "collections": ["runs"],
         "summary": "Deliveries.", "example": "/webhooks/github"}]}"#;

/// Shows the body of an answer, and says in a delivery that everything of the repository is stale.
#[derive(Debug)]
struct Shop;

impl Provider for Shop {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let names = || [call.param("owner"), call.param("repo")];
        let request = Request::get("https://up.example", "{}/{}", names());
        let request = match &*call.name {
            "about" => request.about(About::new(call.param("owner"), call.param("repo"))),
            "fresh" => request.fresh_for(600),
            "reading" | "lying" => {
                let query = Query {
                    collection: "runs".to_owned(),
                    platform: "x".to_owned(),
                    branch: "y".to_owned(),
                    ..Query::latest("runs", call)
                };
                let count = call.records(query)?.len();
                let request = request.auth("token", call.param("owner")).optional();
                return Ok(Badge::new(format!("{count} {}", call.fetch(request)?.status)));
            }
            _ => request.authorize(Auth::bearer("token", call.param("owner"))).optional(),
        };
        let answer = call.fetch(request)?;
        let body = String::from_utf8_lossy(answer.body).into_owned();
        Ok(Badge::new(if answer.status == 200 { body } else { format!("{} {body}", answer.status) }))
    }

    fn deliver(&self, call: &Call, _: &[u8]) -> Result<Delivered, Step> {
        let stale = vec![About::new(call.param("owner"), call.param("repo"))];
        Ok(Delivered { stale, ..Delivered::default() })
    }
}

fn server(store: Arc<MemoryStore>) -> TestServer {
    let origin = Origin::parse("https://up.example").unwrap();
    let token = BoundSecret { purpose: "Token".to_owned(), origin: origin.clone() };
    let plugin = Plugin::new("shop", Manifest::parse(MANIFEST).unwrap(), Arc::new(Shop)).unwrap();
    let plugin = plugin.with_origins(vec![origin]).with_secrets([("token".to_owned(), token)].into());
    store.secrets.lock().unwrap().insert(("*".to_owned(), "Webhook".to_owned()), vec!["server".to_owned()]);
    store.secrets.lock().unwrap().insert(("acme".to_owned(), "Token".to_owned()), vec!["hush".to_owned()]);
    TestServer::with_plugins(vec![plugin], &Settings::default(), store).unwrap()
}

async fn deliver(server: &TestServer, full_name: &str, id: &str) {
    let body = payload(full_name, 1, "done").to_string();
    let response = server.send(&delivery("server", "/webhooks/github", id, body)).await;
    assert_eq!(response.status, 200, "{:?}", response.body);
}

#[tokio::test]
async fn a_delivery_makes_the_answers_about_its_repository_stale_at_once_and_no_others() {
    let server = server(Arc::default());
    let set = |repo: &str, body: &str| server.upstream.set(&format!("https://up.example/{repo}"), 200, &[], body);
    set("acme/shop", "1");
    set("acme/other", "1");
    let (shop, other) = ("/badges/shop/about/acme/shop.svg", "/badges/shop/about/acme/other.svg");
    assert_eq!((server.words(shop).await, server.words(other).await), ("a: 1".to_owned(), "a: 1".to_owned()));
    set("acme/shop", "2");
    set("acme/other", "2");
    server.advance(1);
    assert_eq!(server.words(shop).await, "a: 1", "it is fresh");
    deliver(&server, "Acme/Shop", "d1").await;
    assert_eq!(server.words(shop).await, "a: 2", "even in the same moment");
    assert_eq!(server.words(other).await, "a: 1");
    server.advance(1);
    let calls = server.upstream.calls();
    assert_eq!(server.words(shop).await, "a: 2");
    server.advance(1);
    assert_eq!(server.words(shop).await, "a: 2");
    assert_eq!(server.upstream.calls(), calls + 1, "the new answer is fresh");
}

#[tokio::test]
async fn if_the_upstream_does_not_answer_after_a_delivery_the_old_answer_is_shown() {
    let server = server(Arc::default());
    server.upstream.set("https://up.example/acme/shop", 200, &[], "1");
    let shop = "/badges/shop/about/acme/shop.svg";
    assert_eq!(server.words(shop).await, "a: 1");
    server.advance(1);
    deliver(&server, "acme/shop", "d1").await;
    server.upstream.fault("https://up.example/acme/shop", Fault::Nonsense("no".to_owned()));
    assert_eq!(server.words(shop).await, "a: 1");
    server.upstream.set("https://up.example/acme/shop", 200, &[], "2");
    assert_eq!(server.words(shop).await, "a: 2", "it is not kept for the rest of its time");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_under_way_when_a_delivery_came_is_not_used_by_a_later_request() {
    let server = server(Arc::default());
    *server.upstream.delay.lock().unwrap() = Duration::from_secs(1);
    server.upstream.set("https://up.example/acme/shop", 200, &[], "1");
    let shop = "/badges/shop/about/acme/shop.svg";
    let early = server.words(shop);
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.advance(1);
        deliver(&server, "acme/shop", "d1").await;
        // The answer that is under way was made before.
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.advance(1);
        let late = server.words(shop);
        let change = async {
            tokio::time::sleep(Duration::from_millis(850)).await;
            server.upstream.set("https://up.example/acme/shop", 200, &[], "2");
        };
        tokio::join!(late, change).0
    };
    let (early, late) = tokio::join!(early, late);
    assert_eq!(late, "a: 2");
    assert!(early.starts_with("a: "), "{early}");
}

#[tokio::test]
async fn another_process_learns_of_a_delivery_from_the_store_and_only_requests_about_something_ask_for_it() {
    let store = Arc::<MemoryStore>::default();
    let (one, other) = (server(Arc::clone(&store)), server(Arc::clone(&store)));
    for server in [&one, &other] {
        server.upstream.set("https://up.example/acme/shop", 200, &[], "1");
    }
    assert_eq!(one.words("/badges/shop/about/acme/shop.svg").await, "a: 1");
    assert_eq!(one.words("/badges/shop/fresh/acme/shop.svg").await, "f: 1");
    assert_eq!(store.states.asked_marks.load(Ordering::Relaxed), 1, "once, for the request that is about something");
    one.advance(1);
    deliver(&one, "acme/shop", "d1").await;
    assert_eq!(store.states.marks.lock().unwrap().keys().collect::<Vec<_>>(), ["shop acme/shop"]);
    // Its memory is empty, so it reads the store.
    assert_eq!(other.words("/badges/shop/about/acme/shop.svg").await, "a: 1");
    assert_eq!(other.upstream.calls(), 1, "the stored answer was not shown without a request");
}

#[tokio::test]
async fn an_answer_is_fresh_for_as_long_as_its_request_says() {
    let server = server(Arc::default());
    server.upstream.set("https://up.example/acme/shop", 200, &[], "1");
    let path = "/badges/shop/fresh/acme/shop.svg";
    assert_eq!(server.words(path).await, "f: 1");
    server.upstream.set("https://up.example/acme/shop", 200, &[], "2");
    server.advance(599);
    assert_eq!(server.words(path).await, "f: 1");
    server.advance(2);
    assert_eq!(server.words(path).await, "f: 2");
}

#[tokio::test]
async fn a_call_goes_on_without_the_answer_to_an_optional_request_and_asks_again_soon() {
    let url = "https://up.example/acme/shop";
    let path = "/badges/shop/optional/acme/shop.svg";
    for fault in [
        Fault::Nonsense("no".to_owned()),
        Fault::TooLarge,
        Fault::Timeout,
        Fault::Unreachable("no".to_owned()),
        Fault::RateLimited(Some(3000)),
    ] {
        let server = server(Arc::default());
        server.upstream.fault(url, fault.clone());
        tokio::time::pause();
        assert_eq!(server.words(path).await, "o: 503", "{fault:?}");
        let calls = server.upstream.calls();
        assert_eq!(server.words(path).await, "o: 503", "{fault:?}");
        assert_eq!(server.upstream.calls(), calls, "{fault:?}");
        tokio::time::resume();
        server.upstream.set(url, 200, &[], "1");
        server.advance(11);
        assert_eq!(server.words(path).await, "o: 1", "{fault:?}");
    }
}

#[tokio::test]
async fn an_optional_request_without_its_secret_has_no_answer_and_one_that_cannot_be_sent_is_an_error() {
    let server = server(Arc::default());
    server.upstream.set("https://up.example/beta/shop", 200, &[], "1");
    assert_eq!(server.words("/badges/shop/optional/beta/shop.svg").await, "o: 503");
    assert_eq!(server.upstream.calls(), 0);
    assert_eq!(server.words("/badges/shop/optional/beta/%2e%2e.svg").await, "o: invalid parameter");
}

#[tokio::test]
async fn a_badge_of_records_does_not_ask_for_each_reader_what_was_refused() {
    let server = server(Arc::default());
    let path = "/badges/shop/reading/acme/shop.svg";
    server.upstream.set("https://up.example/acme/shop", 403, &[], "");
    assert_eq!(server.words(path).await, "r: 0 403");
    assert_eq!(server.words(path).await, "r: 0 403");
    assert_eq!(server.upstream.calls(), 1);
    server.advance(11);
    server.upstream.set("https://up.example/acme/shop", 200, &[], "");
    assert_eq!(server.words(path).await, "r: 0 200");
}

#[tokio::test]
async fn a_badge_that_reads_nothing_is_cached_and_one_that_reads_what_it_does_not_name_breaks() {
    let (server, log) = (server(Arc::default()), Log::default());
    server.upstream.set("https://up.example/acme/shop", 200, &[], "1");
    for (name, steps) in [("about", 0), ("reading", 3)] {
        let path = format!("/badges/shop/{name}/acme/shop.svg");
        server.words(&path).await;
        let before = server.executor.steps.load(Ordering::Relaxed);
        server.words(&path).await;
        assert_eq!(server.executor.steps.load(Ordering::Relaxed) - before, steps, "{name}");
    }
    let guard = tracing::subscriber::set_default(log.subscriber());
    assert_eq!(server.words("/badges/shop/lying/acme/shop.svg").await, "l: provider failed");
    drop(guard);
    assert!(log.text().contains("add it to reads"), "{}", log.text());
}

#[test]
fn a_request_that_is_about_something_optional_or_fresh_for_its_own_time_is_named_in_the_manifest() {
    let request = || Request::get("https://up.example", "{}", ["a"]);
    let rows = [
        ("optional-requests", request().optional()),
        ("fresh-requests", request().fresh_for(7)),
        ("about", request().about(About::new("a", "b"))),
    ];
    for (name, request) in rows {
        for (manifest, is_allowed) in
            [(MANIFEST.to_owned(), true), (MANIFEST.replace(&format!(", \"{name}\""), ""), false)]
        {
            let plugin = Plugin::new("shop", Manifest::parse(&manifest).unwrap(), Arc::new(Shop)).unwrap();
            let checked = badgesmith_engine::check_request(&plugin, &request);
            assert_eq!(checked.is_ok(), is_allowed, "{name}");
            let words = checked.err().map(|fault| fault.to_string()).unwrap_or_default();
            assert!(is_allowed || words.contains(&format!("\"requires\": [\"{name}\"]")), "{words}");
        }
    }
    let web = request().web().about(About::new("a", "b"));
    let manifest = MANIFEST.replace("\"about\"]", "\"about\", \"web\"]");
    let plugin = Plugin::new("shop", Manifest::parse(&manifest).unwrap(), Arc::new(Shop)).unwrap();
    assert!(badgesmith_engine::check_request(&plugin, &web).is_err());
}
