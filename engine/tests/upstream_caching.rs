//! Caching of upstream answers, retries, circuit breakers, rate-limit holds, and stale badges when upstreams fail.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{sync::Arc, time::Duration};

use badgesmith_engine::world::Fault;
use futures_util::future::join_all;
use support::{TestServer, hello_toml};

const ASKED: &str = "https://example.com/world.txt";
const BADGE: &str = "/badges/hello/world.svg";

fn server() -> TestServer {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 200, &[("etag", "\"1\"")], "good");
    server
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_of_an_uncached_badge_share_one_upstream_call_and_later_ones_need_none() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let words = join_all((0..40).map(|_| server.words(BADGE))).await;
    assert!(words.iter().all(|words| words == "hello: good"), "{words:?}");
    assert_eq!(server.upstream.calls(), 1);
    let steps = server.executor.steps.load(std::sync::atomic::Ordering::Relaxed);
    join_all((0..20).map(|_| server.words(BADGE))).await;
    assert_eq!(server.upstream.calls(), 1);
    let later = server.executor.steps.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(later, steps, "a cached badge runs no provider");
}

#[tokio::test(start_paused = true)]
async fn two_badges_of_one_upstream_address_share_one_upstream_call() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let loud = "/badges/hello/world.svg?loud=1";
    let words = join_all([server.words(BADGE), server.words(loud)]).await;
    assert_eq!(words, ["hello: good", "hello: good"]);
    assert_eq!(server.upstream.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_answer_needs_no_upstream_call_and_a_stale_one_is_revalidated_with_its_etag() {
    let server = server();
    server.words(BADGE).await;
    server.advance(119);
    server.words(BADGE).await;
    assert_eq!(server.upstream.calls(), 1);
    server.advance(2);
    assert_eq!(server.words(BADGE).await, "hello: good");
    assert_eq!(server.upstream.asked.lock().unwrap()[1].etag.as_deref(), Some("\"1\""));
    server.advance(100);
    server.words(BADGE).await;
    assert_eq!(server.upstream.calls(), 2, "304 makes it fresh again");
    server.upstream.set(ASKED, 200, &[("etag", "\"2\"")], "better");
    server.advance(21);
    assert_eq!(server.words(BADGE).await, "hello: better");
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_fresh_for_longer_because_the_clock_was_set_back() {
    let hour = Duration::from_secs(3600);
    let server = server();
    assert_eq!(server.words(BADGE).await, "hello: good");
    server.upstream.set(ASKED, 200, &[("etag", "\"2\"")], "better");
    *server.now.lock().unwrap() -= hour;
    assert_eq!(server.words(BADGE).await, "hello: better");
    // The same after a restart, with the answer of the store.
    let again = TestServer::with_store(&hello_toml(), Arc::clone(&server.store)).unwrap();
    again.upstream.set(ASKED, 200, &[], "best");
    *again.now.lock().unwrap() -= hour + hour;
    assert_eq!(again.words(BADGE).await, "hello: best");
}

#[tokio::test(start_paused = true)]
async fn no_circuit_breaker_is_open_for_longer_because_the_clock_was_set_back() {
    let server = server();
    server.upstream.fault(ASKED, Fault::Timeout);
    for name in ["a", "b", "c", "d", "e", "f"] {
        server.upstream.fault(&format!("https://example.com/{name}.txt"), Fault::Timeout);
        server.words(&format!("/badges/hello/{name}.svg")).await;
    }
    server.upstream.set(ASKED, 200, &[], "good");
    assert_ne!(server.words(BADGE).await, "hello: good", "the breaker is open");
    *server.now.lock().unwrap() -= Duration::from_secs(3600);
    assert_eq!(server.words(BADGE).await, "hello: good");
}

#[tokio::test(start_paused = true)]
async fn status_404_is_cached_for_a_minute() {
    let server = server();
    server.upstream.set(ASKED, 404, &[], "");
    assert_eq!(server.words(BADGE).await, "hello: name not found");
    server.upstream.set(ASKED, 200, &[], "there");
    server.advance(59);
    assert_eq!(server.words(BADGE).await, "hello: name not found");
    assert_eq!(server.upstream.calls(), 1);
    server.advance(2);
    assert_eq!(server.words(BADGE).await, "hello: there");
}

#[tokio::test(start_paused = true)]
async fn a_fault_shows_the_stale_badge_and_without_one_an_error_badge() {
    let unreachable = Fault::Unreachable("refused".to_owned());
    let rows = [
        (unreachable, 503, "UPSTREAM_UNAVAILABLE", "upstream unavailable"),
        (Fault::Timeout, 504, "UPSTREAM_TIMEOUT", "upstream unavailable"),
        (Fault::TooLarge, 502, "UPSTREAM_INVALID", "invalid response"),
        (Fault::Nonsense("bad gzip".to_owned()), 502, "UPSTREAM_INVALID", "invalid response"),
    ];
    for (fault, status, code, words) in rows {
        let server = server();
        server.words(BADGE).await;
        server.upstream.fault(ASKED, fault.clone());
        server.advance(3600);
        assert_eq!(server.words(BADGE).await, "hello: good", "{fault:?}");
        server.advance(7 * 24 * 3600);
        assert_eq!(server.words(BADGE).await, format!("hello: {words}"), "{fault:?}");
        let cold = TestServer::new(&hello_toml());
        cold.upstream.fault(ASKED, fault.clone());
        let json = cold.get("/badges/hello/world").await;
        assert_eq!(json.status, status, "{fault:?}");
        assert!(String::from_utf8_lossy(&json.body).contains(code), "{fault:?}");
        assert_eq!(json.headers["cache-control"], "public, max-age=10, s-maxage=10");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_status_or_an_invalid_body_shows_the_stale_badge() {
    for (status, body, words) in [
        (500, "", "upstream unavailable"),
        (503, "", "upstream unavailable"),
        (429, "", "rate limited"),
        (401, "", "forbidden"),
        (403, "", "forbidden"),
        (200, "<html>", "invalid response"),
        (200, "", "invalid response"),
    ] {
        let server = server();
        server.words(BADGE).await;
        server.upstream.set(ASKED, status, &[], body);
        server.advance(121);
        assert_eq!(server.words(BADGE).await, "hello: good", "{status} {body}");
        assert_eq!(server.words(BADGE).await, "hello: good", "{status} {body}, again");
        let cold = TestServer::new(&hello_toml());
        cold.upstream.set(ASKED, status, &[], body);
        assert_eq!(cold.words(BADGE).await, format!("hello: {words}"), "{status} {body}");
        cold.upstream.set(ASKED, 200, &[], "back");
        assert_eq!(cold.words(BADGE).await, "hello: back", "a failure is not cached ({status} {body})");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_gets_an_answer_before_image_proxies_time_out() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_secs(7);
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: upstream unavailable");
    assert!(before.elapsed() <= Duration::from_millis(3500), "{:?}", before.elapsed());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: good", "a late answer is cached for the next caller");
    assert!(before.elapsed() < Duration::from_millis(1));
    server.advance(121);
    assert_eq!(server.words(BADGE).await, "hello: good", "a slow upstream shows the stale badge");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_has_the_retry_after_of_the_upstream() {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 429, &[("retry-after", "17")], "");
    let json = server.get("/badges/hello/world").await;
    assert_eq!((json.status.as_u16(), json.headers["retry-after"].to_str().unwrap()), (503, "17"));
}

#[tokio::test(start_paused = true)]
async fn plugins_toml_sets_how_long_an_answer_is_fresh_and_stale() {
    let server = TestServer::new(&(hello_toml() + "fresh-seconds = 10\nstale-seconds = 100\n"));
    server.upstream.set(ASKED, 200, &[], "good");
    let response = server.get(BADGE).await;
    assert!(response.headers["cache-control"].to_str().unwrap().starts_with("public, max-age=10, s-maxage=10, "));
    server.upstream.fault(ASKED, Fault::Timeout);
    server.advance(9);
    server.words(BADGE).await;
    assert_eq!(server.upstream.calls(), 1);
    server.advance(100);
    assert_eq!(server.words(BADGE).await, "hello: good");
    server.advance(2);
    assert_eq!(server.words(BADGE).await, "hello: upstream unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_retried_three_times_and_five_exchanges_with_faults_open_the_breaker_for_a_minute() {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 503, &[], "");
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: upstream unavailable");
    assert_eq!(server.upstream.calls(), 4, "one attempt and three retries");
    assert_eq!(before.elapsed().as_millis(), 150 + 300 + 600, "exponential backoff");
    for calls in [8, 12, 16, 20] {
        server.words(BADGE).await;
        assert_eq!(server.upstream.calls(), calls, "an exchange with its retries counts as one fault");
    }
    let health = String::from_utf8(server.get("/health?deep=1").await.body.to_vec()).unwrap();
    let breaker = r#""breakers":[{"origin":"https://example.com","status":"open","faults_in_a_row":5}]"#;
    assert!(health.contains(breaker) && health.contains("Degraded"), "{health}");
    for name in 0..50 {
        server.words(&format!("/badges/hello/{name}.svg")).await;
    }
    assert_eq!(server.upstream.calls(), 20, "no request is sent while the breaker is open");
    server.upstream.set(ASKED, 200, &[], "back");
    server.advance(61);
    assert_eq!(server.words(BADGE).await, "hello: back");
    server.advance(121);
    server.upstream.set(ASKED, 500, &[], "");
    server.words(BADGE).await;
    assert_eq!(server.upstream.calls(), 25, "an answer closed the breaker: four more attempts");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_reply_is_neither_retried_nor_counted_by_the_breaker() {
    for fault in [Fault::TooLarge, Fault::Nonsense("bad gzip".to_owned())] {
        let server = TestServer::new(&hello_toml());
        server.upstream.fault(ASKED, fault);
        for _ in 0..10 {
            assert_eq!(server.words(BADGE).await, "hello: invalid response");
        }
        assert_eq!(server.upstream.calls(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_retry_after_delays_the_retry_and_a_long_one_begins_a_hold() {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 429, &[("retry-after", "1")], "");
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: rate limited");
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(server.upstream.calls(), 4, "{:?}", before.elapsed());
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 429, &[("retry-after", "30")], "");
    server.words(BADGE).await;
    server.words(BADGE).await;
    server.words("/badges/hello/other.svg").await;
    assert_eq!(server.upstream.calls(), 1, "no request is sent before the hold ends");
    server.upstream.set(ASKED, 200, &[], "back");
    server.advance(31);
    assert_eq!(server.words(BADGE).await, "hello: back");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_never_longer_than_the_hold() {
    let far = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (status, after) in [(429, "7200"), (403, "7200"), (429, far), (403, far), (403, "99999999999")] {
        let server = TestServer::new(&hello_toml());
        server.upstream.set(ASKED, status, &[("retry-after", after)], "");
        for _ in 0..2 {
            let json = server.get("/badges/hello/world").await;
            assert_eq!(
                (json.status.as_u16(), &json.headers["retry-after"]),
                (503, &"3600".parse().unwrap()),
                "{after}"
            );
        }
        assert_eq!(server.upstream.calls(), 1);
        server.advance(3600);
        server.get("/badges/hello/world").await;
        assert_eq!(server.upstream.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_token_is_on_hold_until_its_reset_and_stale_badges_are_shown() {
    let server = server();
    server.words(BADGE).await;
    let reset = (support::NOON.as_secs() + 900).to_string();
    let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &*reset)];
    server.upstream.set(ASKED, 403, &headers, "");
    server.advance(121);
    for _ in 0..5 {
        assert_eq!(server.words(BADGE).await, "hello: good");
    }
    assert_eq!(server.upstream.calls(), 2);
    let json = server.get("/badges/hello/new").await;
    assert_eq!((json.status.as_u16(), json.headers["retry-after"].to_str().unwrap()), (503, "779"));
    let health = String::from_utf8(server.get("/health?deep=1").await.body.to_vec()).unwrap();
    assert!(health.contains(r#""rate_limits":[{"origin":"https://example.com","seconds_left":779}]"#), "{health}");
    server.upstream.set(ASKED, 200, &[], "better");
    server.advance(780);
    assert_eq!(server.words(BADGE).await, "hello: better");
}

#[tokio::test(start_paused = true)]
async fn stale_badges_survive_a_restart() {
    let first = server();
    first.words(BADGE).await;
    let second = TestServer::with_store(&hello_toml(), first.store.clone()).unwrap();
    second.upstream.fault(ASKED, Fault::Unreachable("refused".to_owned()));
    assert_eq!(second.words(BADGE).await, "hello: good");
    second.upstream.set(ASKED, 200, &[], "<html>");
    second.advance(61);
    assert_eq!(second.words(BADGE).await, "hello: good");
    let third = TestServer::with_store(&hello_toml(), first.store.clone()).unwrap();
    third.upstream.fault(ASKED, Fault::Timeout);
    assert_eq!(third.words(BADGE).await, "hello: good", "an invalid answer never replaces a cached one");
    third.advance(8 * 24 * 3600);
    assert_eq!(third.words(BADGE).await, "hello: upstream unavailable");
}
