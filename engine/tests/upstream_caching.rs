//! What is kept, how often upstreams are asked, and what is shown when they fail.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

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
async fn forty_callers_for_one_cold_badge_cause_one_upstream_call_and_twenty_more_none() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let words = join_all((0..40).map(|_| server.words(BADGE))).await;
    assert!(words.iter().all(|words| words == "hello: good"), "{words:?}");
    assert_eq!(server.upstream.calls(), 1);
    let steps = server.executor.steps.load(std::sync::atomic::Ordering::Relaxed);
    join_all((0..20).map(|_| server.words(BADGE))).await;
    assert_eq!(server.upstream.calls(), 1);
    let later = server.executor.steps.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(later, steps, "a warm request runs no provider");
}

#[tokio::test(start_paused = true)]
async fn two_badges_that_read_one_document_ask_for_it_once() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let loud = "/badges/hello/world.svg?loud=1";
    let words = join_all([server.words(BADGE), server.words(loud)]).await;
    assert_eq!(words, ["hello: good", "hello: good"]);
    assert_eq!(server.upstream.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_used_without_asking_while_it_is_fresh_and_then_asked_with_its_etag() {
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
    assert_eq!(server.upstream.calls(), 2, "304 made it fresh again");
    server.upstream.set(ASKED, 200, &[("etag", "\"2\"")], "better");
    server.advance(21);
    assert_eq!(server.words(BADGE).await, "hello: better");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_found_is_not_asked_again_for_a_minute() {
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
async fn a_fault_shows_the_last_good_badge_where_there_was_one_and_the_right_words_where_there_was_none() {
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
async fn a_status_that_says_nothing_of_the_badge_shows_the_last_good_one() {
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
        assert_eq!(cold.words(BADGE).await, "hello: back", "a failure is not kept ({status} {body})");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_never_waits_longer_than_an_image_proxy_does() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_secs(7);
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: upstream unavailable");
    assert!(before.elapsed() <= Duration::from_millis(3500), "{:?}", before.elapsed());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: good", "what came too late is there for the next one");
    assert!(before.elapsed() < Duration::from_millis(1));
    server.advance(121);
    assert_eq!(server.words(BADGE).await, "hello: good", "a slow upstream shows the last good badge");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_says_when_to_ask_again() {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 429, &[("retry-after", "17")], "");
    let json = server.get("/badges/hello/world").await;
    assert_eq!((json.status.as_u16(), json.headers["retry-after"].to_str().unwrap()), (503, "17"));
}

#[tokio::test(start_paused = true)]
async fn how_long_an_answer_is_fresh_is_the_operators_choice() {
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
async fn a_fault_is_tried_four_times_and_counts_once_and_five_in_a_row_open_the_breaker_for_a_minute() {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 503, &[], "");
    let before = tokio::time::Instant::now();
    assert_eq!(server.words(BADGE).await, "hello: upstream unavailable");
    assert_eq!(server.upstream.calls(), 4, "one try and three retries");
    assert_eq!(before.elapsed().as_millis(), 150 + 300 + 600, "each retry waits twice as long as the one before");
    for calls in [8, 12, 16, 20] {
        server.words(BADGE).await;
        assert_eq!(server.upstream.calls(), calls, "however often it was tried, the exchange counts once");
    }
    let health = String::from_utf8(server.get("/health?deep=1").await.body.to_vec()).unwrap();
    let breaker = r#""breakers":[{"origin":"https://example.com","status":"open","faults_in_a_row":5}]"#;
    assert!(health.contains(breaker) && health.contains("Degraded"), "{health}");
    for name in 0..50 {
        server.words(&format!("/badges/hello/{name}.svg")).await;
    }
    assert_eq!(server.upstream.calls(), 20, "nobody is asked while it is open");
    server.upstream.set(ASKED, 200, &[], "back");
    server.advance(61);
    assert_eq!(server.words(BADGE).await, "hello: back");
    server.advance(121);
    server.upstream.set(ASKED, 500, &[], "");
    server.words(BADGE).await;
    assert_eq!(server.upstream.calls(), 25, "an answer closed it: four more tries");
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_neither_tried_again_nor_counted() {
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
async fn retry_after_is_obeyed_where_there_is_time_and_asked_later_where_there_is_none() {
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
    assert_eq!(server.upstream.calls(), 1, "nobody asks again before it said so");
    server.upstream.set(ASKED, 200, &[], "back");
    server.advance(31);
    assert_eq!(server.words(BADGE).await, "hello: back");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_to_wait_for_longer_than_a_token_is_held() {
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
async fn an_exhausted_token_is_left_alone_until_its_reset_and_shows_the_last_good_badge() {
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
async fn a_restart_keeps_the_last_good_badge() {
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
    assert_eq!(third.words(BADGE).await, "hello: good", "rubbish never takes the place of what was kept");
    third.advance(8 * 24 * 3600);
    assert_eq!(third.words(BADGE).await, "hello: upstream unavailable");
}
