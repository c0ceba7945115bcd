//! Document badges: caching of documents, circuit breakers, holds, limits on parsing, and stale badges.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};

use badgesmith_engine::{CacheState, Source, world::Fault};
use futures_util::future::{join, join_all, join3};
use support::{Log, TestServer, hello_toml};

const DOCUMENT: &str = r#"{"schemaVersion":1,"label":"a","message":"one"}"#;
const BADGE: &str = "/endpoint?url=https://example.com/a.json";
const ASKED: &str = "https://example.com/a.json";

fn server() -> TestServer {
    let server = TestServer::new("");
    server.web.set(ASKED, 200, &[("etag", "\"1\"")], DOCUMENT);
    server
}

#[tokio::test(start_paused = true)]
async fn a_thousand_badges_of_ten_documents_make_ten_calls() {
    let server = TestServer::new("");
    *server.web.delay.lock().unwrap() = Duration::from_millis(300);
    for document in 0..10 {
        let values = (0..100).map(|at| format!("\"v{at}\":\"{document}.{at}\"")).collect::<Vec<_>>().join(",");
        server.web.set(&format!("https://example.com/{document}.json"), 200, &[], &format!("{{{values}}}"));
    }
    let address = |document, value| {
        let colour = if value % 2 == 0 { "red" } else { "green" };
        format!("/badge/dynamic/json?url=https://example.com/{document}.json&query=$.v{value}&color={colour}")
    };
    let addresses: Vec<_> = (0..1000).map(|at| address(at % 10, at / 10)).collect();
    let words = join_all(addresses.iter().map(|address| server.words(address))).await;
    for (at, words) in words.iter().enumerate() {
        assert_eq!(*words, format!("custom badge: {}.{}", at % 10, at / 10));
    }
    assert_eq!(server.web.calls(), 10);
    join_all(addresses.iter().map(|address| server.words(address))).await;
    assert_eq!(server.web.calls(), 10);
    let asked: HashSet<_> = server.web.asked.lock().unwrap().iter().map(|ask| ask.url.to_string()).collect();
    assert_eq!(asked.len(), 10);
    assert_eq!(server.upstream.calls(), 0, "the client for upstreams of plugins was used");
}

#[tokio::test(start_paused = true)]
async fn a_document_is_fresh_for_300_seconds_and_then_revalidated_with_its_etag() {
    let server = server();
    assert_eq!(server.words(BADGE).await, "a: one");
    server.advance(299);
    server.words(BADGE).await;
    assert_eq!(server.web.calls(), 1);
    server.advance(1);
    assert_eq!(server.words(BADGE).await, "a: one");
    assert_eq!(server.web.calls(), 2);
    assert_eq!(server.web.asked.lock().unwrap()[1].etag.as_deref(), Some("\"1\""));
    server.advance(299);
    server.words(BADGE).await;
    assert_eq!(server.web.calls(), 2, "304 makes it fresh again");
}

#[tokio::test(start_paused = true)]
async fn a_document_can_lengthen_the_caching_of_its_badge_and_not_shorten_it() {
    for (said, held) in [(3600, 3600), (10, 300), (1_000_000, 86_400)] {
        let server = server();
        let document = DOCUMENT.replace('}', &format!(",\"cacheSeconds\":{said}}}"));
        server.web.set(ASKED, 200, &[], &document);
        let response = server.get(BADGE).await;
        let caching = response.headers["cache-control"].to_str().unwrap();
        assert!(caching.starts_with(&format!("public, max-age={held}, s-maxage={held}, ")), "{caching}");
        server.advance(held - 1);
        server.words(BADGE).await;
        assert_eq!(server.web.calls(), 1, "{said}");
        server.advance(1);
        server.words(BADGE).await;
        assert_eq!(server.web.calls(), 2, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_has_the_time_that_a_badge_waited_for_its_document_and_a_warning_if_it_is_stale() {
    let server = server();
    *server.web.delay.lock().unwrap() = Duration::from_millis(300);
    let made = server.get(BADGE).await;
    assert_eq!((made.line.cache, made.line.upstream), (Some(CacheState::Made), Duration::from_millis(300)));
    let kept = server.get(BADGE).await;
    assert_eq!((kept.line.cache, kept.line.upstream), (Some(CacheState::Kept), Duration::ZERO));
    server.advance(400);
    server.web.fault(ASKED, Fault::Status(503));
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.subscriber());
    let stale = server.get(BADGE).await;
    drop(guard);
    assert_eq!((stale.line.cache, stale.line.upstream), (Some(CacheState::Stale), Duration::from_millis(300)));
    let log = log.text();
    assert!(log.contains("a stale badge is served plugin=\"web\" badge=\"/endpoint\" age_seconds=400"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn dropped_work_of_the_engine_is_an_error_of_the_engine_and_not_of_a_plugin() {
    let server = TestServer::new(&hello_toml());
    server.web.set(ASKED, 200, &[], DOCUMENT);
    for path in ["/badge/dynamic/json.json?url=https://example.com/a.json&query=$.message", "/badges/hello/a"] {
        server.executor.drops_work.store(true, Ordering::Relaxed);
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        let response = server.get(path).await;
        drop(guard);
        let line = response.line;
        let seen = (response.status.as_u16(), &*line.code, line.fault);
        assert_eq!(seen, (500, "ENGINE_FAILED", Some(Source::Engine)), "{path}");
        let log = log.text();
        assert!(log.contains("the engine failed") && !log.contains("a provider broke"), "{path}: {log}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_document_is_used_for_seven_days() {
    let server = server();
    server.words(BADGE).await;
    for fault in [Fault::Status(503), Fault::Timeout, Fault::Nonsense(String::new()), Fault::TooLarge] {
        server.advance(400);
        server.web.fault(ASKED, fault);
        let response = server.get(BADGE).await;
        assert_eq!(response.line.cache, Some(CacheState::Stale));
    }
    server.advance(7 * 24 * 3600);
    assert_eq!(server.words(BADGE).await, "custom badge: document too large");
}

#[tokio::test(start_paused = true)]
async fn the_stale_document_of_an_address_that_is_no_longer_allowed_is_not_used() {
    let server = server();
    server.words(BADGE).await;
    server.advance(300);
    server.web.fault(ASKED, Fault::NotAllowed("url not allowed"));
    assert_eq!(server.words(BADGE).await, "custom badge: url not allowed");
    assert_eq!(server.web.calls(), 2, "a refused address is not retried");
}

#[tokio::test(start_paused = true)]
async fn a_corrected_document_is_used_after_ten_seconds() {
    let server = server();
    server.web.set(ASKED, 200, &[], "{");
    assert_eq!(server.words(BADGE).await, "custom badge: unparseable json response");
    server.web.set(ASKED, 200, &[], DOCUMENT);
    server.advance(9);
    assert_eq!(server.words(BADGE).await, "custom badge: unparseable json response");
    assert_eq!(server.web.calls(), 1);
    server.advance(1);
    assert_eq!(server.words(BADGE).await, "a: one");
}

#[tokio::test(start_paused = true)]
async fn a_query_without_a_result_does_not_discard_the_cached_document() {
    let server = server();
    for (query, words) in [("$.nothing", "no result"), ("$.label&as=metric", "result is no number"), ("$[?", "")] {
        let address = format!("/badge/dynamic/json?url={ASKED}&query={query}");
        assert!(server.words(&address).await.contains(words), "{query}");
    }
    server.advance(200);
    assert_eq!(server.words(&format!("/badge/dynamic/json?url={ASKED}&query=$.label")).await, "custom badge: a");
    assert_eq!(server.web.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_fails_opens_its_breaker_and_does_not_degrade_the_server() {
    let server = TestServer::new("");
    server.web.fault("https://down.example/0", Fault::Status(500));
    for at in 0..5 {
        server.web.fault(&format!("https://down.example/{at}"), Fault::Status(500));
        server.words(&format!("/endpoint?url=https://down.example/{at}")).await;
    }
    let calls = server.web.calls();
    assert_eq!(server.words("/endpoint?url=https://down.example/5").await, "custom badge: inaccessible");
    assert_eq!(server.web.calls(), calls, "its breaker is open");
    let health = server.get("/health?deep=1").await;
    let health = String::from_utf8(health.body.to_vec()).unwrap();
    assert!(health.contains("\"Healthy\"") && !health.contains("down.example"), "{health}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_at_most_three_and_a_half_seconds() {
    let server = server();
    *server.web.delay.lock().unwrap() = Duration::from_secs(60);
    let before = tokio::time::Instant::now();
    let response = server.get(&BADGE.replace("endpoint", "endpoint.json")).await;
    assert_eq!((response.status.as_u16(), &*response.line.code), (504, "UPSTREAM_TIMEOUT"));
    assert!(before.elapsed() <= Duration::from_millis(3500), "{:?}", before.elapsed());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.web.asked.lock().unwrap()[0].patience, Duration::from_millis(3500));
}

#[tokio::test(start_paused = true)]
async fn documents_are_not_written_to_the_store() {
    let server = server();
    server.words(BADGE).await;
    assert!(server.store.answers.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn badges_that_are_switched_off_are_refused() {
    for (off, badge, other) in [
        ("endpoint", "/endpoint.json", "/badge/dynamic/json.json"),
        ("dynamic", "/badge/dynamic/json.json", "/endpoint.json"),
    ] {
        let server = TestServer::new(&format!("[engine]\n{off} = false\n"));
        server.web.set(ASKED, 200, &[], DOCUMENT);
        let response = server.get(&format!("{badge}?url={ASKED}&query=$.label")).await;
        assert_eq!((response.status.as_u16(), &*response.line.code), (403, "URL_NOT_ALLOWED"));
        assert!(String::from_utf8_lossy(&response.body).contains(&format!("{off} badges are switched off here")));
        assert_eq!(server.web.calls(), 0);
        assert_eq!(server.get(&format!("{other}?url={ASKED}&query=$.label")).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn malicious_documents_and_queries_are_refused() {
    let server = TestServer::new("");
    let lol: String = (1..30).map(|at| format!("<!ENTITY a{at} '&a{0};&a{0};'>", at - 1)).collect();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let aliases: String = (1..30).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1)).collect();
    for (name, text) in [
        ("lol.xml", format!("<!DOCTYPE a [<!ENTITY a0 'lol'>{lol}]><a>&a29;</a>")),
        ("deep.json", deep),
        ("bomb.yaml", format!("a0: &a0 [x]\n{aliases}")),
        ("text", "a".repeat(1024 * 1024)),
        ("large.json", format!("[\"{}\"]", "x".repeat(4 * 1024 * 1024))),
    ] {
        server.web.set(&format!("https://example.com/{name}"), 200, &[], &text);
    }
    for (badge, words) in [
        ("xml?url=https://example.com/lol.xml&query=//a", "xml declares entities"),
        ("json?url=https://example.com/deep.json&query=$..*..*..*..*..*", "query takes too many steps"),
        ("yaml?url=https://example.com/bomb.yaml&query=$.a0", "yaml too large or too deep"),
        ("regex?url=https://example.com/text&search=(a?){50}(a?){50}b", "no result"),
        (
            "regex?url=https://example.com/text&search=(a)*(a)*(a)*(a)*(a)*(a)*(a)*(a)*$&replace=$8",
            "query takes too many steps",
        ),
        ("regex?url=https://example.com/text&search=(a%2B)%2B$", "aaaa"),
        ("json?url=https://example.com/large.json&query=$[0]", "document too large"),
    ] {
        let shown = server.words(&format!("/badge/dynamic/{badge}")).await;
        assert!(shown.contains(words), "{badge}: {}", &shown[..shown.len().min(200)]);
    }
}

/// The title of the badge of a document on the shared origin.
async fn shown(server: &TestServer, path: &str) -> String {
    server.words(&format!("/endpoint?url=https://shared.example/{path}")).await
}

fn shared(path: &str) -> String {
    format!("https://shared.example/{path}")
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_one_document_for_at_most_a_minute() {
    let far = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (status, after) in [(403, "3600"), (429, "3600"), (403, far), (429, far), (403, "99999999999")] {
        let server = TestServer::new("");
        server.web.set(&shared("limited"), status, &[("retry-after", after)], "");
        server.web.set(&shared("good"), 200, &[], DOCUMENT);
        let limited = format!("/endpoint.json?url={}", shared("limited"));
        let json = server.get(&limited).await;
        assert_eq!((json.status.as_u16(), &json.headers["retry-after"]), (503, &"60".parse().unwrap()), "{after}");
        assert_eq!(shown(&server, "good").await, "a: one");
        server.advance(59);
        assert_eq!(shown(&server, "limited").await, "custom badge: rate limited");
        assert_eq!(server.get(&limited).await.headers["retry-after"], "1");
        assert_eq!(server.web.calls(), 2, "it is not asked again before the hold is over");
        server.web.set(&shared("limited"), 200, &[], DOCUMENT);
        server.advance(1);
        assert_eq!(shown(&server, "limited").await, "a: one");
    }
    let server = TestServer::new("");
    server.web.set(&shared("limited"), 429, &[], "");
    let json = server.get(&format!("/endpoint.json?url={}", shared("limited"))).await;
    assert_eq!(json.headers["retry-after"], "10", "the default without `Retry-After`");
}

#[tokio::test(start_paused = true)]
async fn a_document_that_fails_is_requested_once_in_ten_seconds_and_does_not_block_others() {
    let faults = [Fault::Status(500), Fault::Timeout, Fault::TooLarge, Fault::Nonsense(String::new())];
    for fault in faults {
        let server = TestServer::new("");
        server.web.set(&shared("good"), 200, &[], DOCUMENT);
        for bad in ["one", "two?1", "two?2", "two?3"] {
            server.web.fault(&shared(bad), fault.clone());
        }
        for round in 1..=10 {
            for bad in ["one", "two?1", "two?2", "two?3"] {
                for _ in 0..5 {
                    assert!(shown(&server, bad).await.starts_with("custom badge: "));
                }
            }
            assert_eq!(server.web.calls(), 4 * round, "there are no retries for addresses that callers name");
            server.advance(10);
        }
        assert_eq!(shown(&server, "good").await, "a: one", "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_origin_gets_no_requests_for_a_minute() {
    let server = TestServer::new("");
    for _ in 0..5 {
        shown(&server, "any").await;
        server.advance(10);
    }
    assert_eq!(server.web.calls(), 5);
    server.advance(10);
    assert_eq!(shown(&server, "other").await, "custom badge: inaccessible");
    assert_eq!(server.web.calls(), 5);
    server.web.set(&shared("other"), 200, &[], DOCUMENT);
    server.advance(60);
    assert_eq!(shown(&server, "other").await, "a: one");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_other_documents_opened_does_not_block_a_document_that_was_fetched_before() {
    let server = TestServer::new("");
    server.web.set(&shared("good"), 200, &[], DOCUMENT);
    shown(&server, "good").await;
    server.advance(301);
    for at in 0..6 {
        server.web.fault(&shared(&format!("evil/{at}")), Fault::Status(500));
        shown(&server, &format!("evil/{at}")).await;
    }
    let calls = server.web.calls();
    assert_eq!(shown(&server, "new").await, "custom badge: inaccessible");
    assert_eq!(server.web.calls(), calls, "the breaker is open for documents that were never fetched");
    server.web.set(&shared("good"), 200, &[], &DOCUMENT.replace("one", "two"));
    assert_eq!(shown(&server, "good").await, "a: two");
    server.web.set(&shared("new"), 200, &[], DOCUMENT);
    assert_eq!(shown(&server, "new").await, "a: one", "an answer closed the breaker");
}

#[tokio::test(start_paused = true)]
async fn a_fault_after_a_redirect_counts_for_the_target_origin() {
    let server = TestServer::new("");
    for at in 0..6 {
        let (from, to) = (shared(&format!("to/{at}")), format!("https://ill.example/{at}"));
        server.web.redirects.lock().unwrap().insert(from, to.clone());
        server.web.fault(&to, Fault::Status(502));
        shown(&server, &format!("to/{at}")).await;
    }
    server.web.set(&shared("good"), 200, &[], DOCUMENT);
    server.web.set("https://ill.example/good", 200, &[], DOCUMENT);
    assert_eq!(shown(&server, "good").await, "a: one");
    let ill = server.words("/endpoint?url=https://ill.example/good").await;
    assert_eq!(ill, "custom badge: inaccessible");
}

#[tokio::test(start_paused = true)]
async fn too_many_exchanges_are_too_busy_and_do_not_open_a_breaker() {
    let server = server();
    server.words(BADGE).await;
    server.advance(301);
    server.web.fault(ASKED, Fault::Busy);
    assert_eq!(server.words(BADGE).await, "a: one", "a stale badge is better");
    for at in 0..20 {
        let url = format!("https://example.com/{at}");
        server.web.fault(&url, Fault::Busy);
        let json = server.get(&format!("/endpoint.json?url={url}")).await;
        assert_eq!((json.status.as_u16(), &*json.line.code, json.line.fault), (503, "TOO_BUSY", Some(Source::Engine)));
        assert_eq!(json.headers["retry-after"], "5");
        assert_eq!(json.headers["cache-control"], "public, max-age=10, s-maxage=10");
        assert_eq!(server.words(&format!("/endpoint?url={url}")).await, "custom badge: too busy");
    }
    server.web.set(ASKED, 200, &[], DOCUMENT);
    assert_eq!(server.words(BADGE).await, "a: one");
}

#[tokio::test(start_paused = true)]
async fn queries_of_one_large_document_cannot_take_all_readers_and_those_beyond_the_queue_fail_at_once() {
    let server = TestServer::new("");
    let large = format!("[\"{}\"]", "x".repeat(1024 * 1024 - 100));
    for name in ["evil/a", "evil/b", "good"] {
        let host = if name == "good" { "good" } else { "evil" };
        server.web.set(&format!("https://{host}.example/{name}"), 200, &[], &large);
    }
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let steps = || server.executor.steps.load(Ordering::Relaxed);
    let address = |host: &str, name: &str, at: usize| {
        format!("/badge/dynamic/json.json?url=https://{host}.example/{name}&query=$[0]&prefix={at}")
    };
    let began = tokio::time::Instant::now();
    let ask = async |host: &str, name: &str, at: usize| {
        let response = server.get(&address(host, name, at)).await;
        (response.line.code.into_owned(), began.elapsed())
    };
    let attack = join_all((0..40).map(|at| ask("evil", "evil/a", at)));
    let other = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(steps(), 2, "two readers for one document");
        let more = join_all((0..3).map(|at| ask("evil", "evil/b", at)));
        let good = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            assert_eq!(steps(), 3, "three readers for the documents of one origin");
            ask("good", "good", 0).await
        };
        let seen = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(steps(), 4, "the fourth reader is for other origins");
        };
        join3(more, good, seen).await
    };
    let (answers, _) = join(attack, other).await;
    let busy: Vec<_> = answers.iter().filter(|(code, _)| code == "TOO_BUSY").collect();
    assert_eq!(busy.len(), 40 - 2 - 8, "two are parsed and eight wait");
    assert!(busy.iter().all(|(_, took)| *took < Duration::from_millis(10)), "they fail at once");
    assert!(answers.iter().all(|(code, _)| code == "TOO_BUSY" || code == "UPSTREAM_TIMEOUT"), "{answers:?}");
    assert!(began.elapsed() <= Duration::from_millis(3700), "{:?}", began.elapsed());
    // The waiting badges have timed out, so nothing is started for them when a reader is free.
    server.executor.holds_steps.store(false, Ordering::Relaxed);
    server.executor.release();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(steps(), 4, "nothing waits in the queue any more");
    // Badges whose parsing had started are cached nevertheless, and so are the documents.
    let kept = server.get(&address("evil", "evil/a", 0)).await;
    assert_eq!((kept.status.as_u16(), kept.line.cache), (200, Some(CacheState::Kept)));
    assert_eq!(server.get(&address("evil", "evil/a", 39)).await.status, 200);
    assert_eq!((steps(), server.web.calls()), (5, 3));
}

#[tokio::test(start_paused = true)]
async fn fetching_a_document_goes_on_when_its_caller_leaves() {
    let server = server();
    *server.web.delay.lock().unwrap() = Duration::from_millis(300);
    let given_up = tokio::time::timeout(Duration::from_millis(100), server.get(BADGE)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.words(BADGE).await, "a: one");
    assert_eq!(server.web.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn parsing_that_outlives_its_callers_is_not_started_again() {
    let server = server();
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let address = format!("/badge/dynamic/json?url={ASKED}&query=$.message");
    for _ in 0..3 {
        assert_eq!(server.words(&address).await, "custom badge: inaccessible");
    }
    assert_eq!(server.executor.steps.load(Ordering::Relaxed), 1);
    server.executor.release();
    assert_eq!(server.words(&address).await, "custom badge: one");
}
