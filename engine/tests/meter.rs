//! Metrics events, and the access log line of each response.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use badgesmith_engine::{AccessLine, CacheState, Format, Source, world::Fault};
use futures_util::future::join;
use support::{TestServer, hello_toml, liar_toml};

const ASKED: &str = "https://example.com/world.txt";
const BADGE: &str = "/badges/hello/world.svg";

fn server() -> TestServer {
    let server = TestServer::new(&hello_toml());
    server.upstream.set(ASKED, 200, &[("etag", "\"1\"")], "good");
    server
}

#[tokio::test(start_paused = true)]
async fn every_step_and_every_upstream_call_is_one_event_and_a_cached_badge_has_none() {
    let server = server();
    server.words(BADGE).await;
    let made = ["hello step done", "hello called answered", "hello supplied asked", "hello step done"];
    assert_eq!(server.events.take(), made);
    server.words(BADGE).await;
    assert!(server.events.take().is_empty());
    server.words("/badges/hello/world.svg?loud=1").await;
    assert_eq!(server.events.take(), ["hello step done", "hello supplied kept", "hello step done"]);
    server.advance(121);
    server.words(BADGE).await;
    assert_eq!(server.events.take()[1], "hello called not_modified");
    server.upstream.set("https://example.com/nobody.txt", 404, &[], "");
    server.words("/badges/hello/nobody.svg").await;
    assert_eq!(server.events.take()[1], "hello called missing");
    server.upstream.set("https://example.com/secret.txt", 401, &[], "");
    server.words("/badges/hello/secret.svg").await;
    assert_eq!(server.events.take()[1], "hello called refused");
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_a_name_and_each_retry_is_an_event() {
    let faults = [
        (Fault::Unreachable("gone".to_owned()), "unreachable", 4),
        (Fault::Timeout, "timeout", 4),
        (Fault::TooLarge, "too_large", 1),
        (Fault::Nonsense("?".to_owned()), "nonsense", 1),
    ];
    for (fault, word, tries) in faults {
        let server = server();
        server.upstream.fault(ASKED, fault);
        server.words(BADGE).await;
        let read = server.events.take();
        let called = format!("hello called {word}");
        assert_eq!(read.iter().filter(|entry| **entry == called).count(), tries, "{read:?}");
        assert!(read.contains(&"hello supplied none".to_owned()), "{read:?}");
    }
    for (status, word) in [(503, "failed"), (429, "rate_limited")] {
        let server = server();
        server.upstream.set(ASKED, status, &[], "");
        server.words(BADGE).await;
        let read = server.events.take();
        assert_eq!(read.iter().filter(|entry| **entry == format!("hello called {word}")).count(), 4, "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_opening_breaker_is_an_event_and_an_abandoned_call_is_a_timeout() {
    let server = server();
    server.upstream.fault(ASKED, Fault::Unreachable("gone".to_owned()));
    for _ in 0..4 {
        server.words(BADGE).await;
    }
    assert!(!server.events.take().contains(&"hello opened".to_owned()), "four consecutive faults are not enough");
    server.words(BADGE).await;
    assert!(server.events.take().contains(&"hello opened".to_owned()), "the fifth is");
    let health = server.engine.health(*server.now.lock().unwrap());
    let breaker = &health.breakers[0];
    assert_eq!((breaker.origin.as_str(), breaker.is_open), ("https://example.com", true));
    // It answers after the time limit of the exchange. The caller has left by then; the event is sent at the limit.
    server.advance(120);
    server.upstream.set(ASKED, 200, &[], "late");
    *server.upstream.delay.lock().unwrap() = Duration::from_secs(60);
    server.events.take();
    server.words(BADGE).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let read = server.events.take();
    assert_eq!(read.iter().filter(|entry| entry.contains("called")).collect::<Vec<_>>(), ["hello called timeout"]);
}

#[tokio::test(start_paused = true)]
async fn the_outcome_of_a_failed_step_is_an_event() {
    for (lie, word) in [("NO_JSON_STEP", "done"), ("FAILED_STEP", "broken")] {
        let server = TestServer::new(&liar_toml(lie));
        server.words("/badges/liar/x.svg").await;
        assert_eq!(server.events.take(), [format!("liar step {word}")], "{lie}");
    }
    let server = TestServer::new(&liar_toml("NO_JSON_STEP"));
    server.executor.holds_steps.store(true, std::sync::atomic::Ordering::Relaxed);
    server.words("/badges/liar/x.svg").await;
    assert_eq!(server.events.take(), ["liar step overdue"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_line_has_the_route_the_plugin_the_format_and_the_cache_state() {
    let server = server();
    let line =
        |route: &'static str, plugin: &str, code: &'static str, fault: &str, cache: &str, format: &str| AccessLine {
            route: route.into(),
            plugin: plugin.to_owned(),
            code: code.into(),
            fault: Source::ALL.into_iter().find(|source| source.name() == fault),
            cache: CacheState::ALL.into_iter().find(|state| state.name() == cache),
            format: [Format::Json, Format::Svg, Format::Png].into_iter().find(|known| known.name() == format),
            upstream: Duration::ZERO,
        };
    let route = "/badges/hello/{name}";
    server.upstream.set("https://example.com/nobody.txt", 404, &[], "");
    let rows = [
        (BADGE, line(route, "hello", "", "", "made", "svg")),
        ("/badges/hello/world", line(route, "hello", "", "", "kept", "json")),
        ("/badges/hello/world.png", line(route, "hello", "", "", "kept", "png")),
        ("/badges/hello/nobody.svg", line(route, "hello", "NAME_NOT_FOUND", "caller", "made", "svg")),
        ("/badges/hello/nobody", line(route, "hello", "NAME_NOT_FOUND", "caller", "kept", "")),
        ("/badges/hello/a/b.svg", line("/badges/hello/{a}/{b}", "hello", "ONE_NAME", "caller", "", "svg")),
        ("/badge/a-b-red", line("/badge/{label}-{message}-{color}", "", "", "", "", "svg")),
        ("/static/v1?message=x&format=json", line("/static/v1", "", "", "", "", "json")),
        ("/health", line("/health", "", "", "", "", "")),
        ("/", line("/", "", "", "", "", "")),
        ("/nothing.svg", line("", "", "ROUTE_NOT_FOUND", "caller", "", "svg")),
        ("/metrics", line("", "", "ROUTE_NOT_FOUND", "caller", "", "")),
    ];
    for (path, line) in rows {
        assert_eq!(server.get(path).await.line, line, "{path}");
    }
    server.upstream.fault(ASKED, Fault::TooLarge);
    server.advance(121);
    assert_eq!(server.get(BADGE).await.line, line(route, "hello", "", "", "stale", "svg"));
}

#[tokio::test(start_paused = true)]
async fn a_log_line_has_the_time_that_its_request_waited_for_upstreams() {
    let server = server();
    *server.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.get(BADGE).await
    };
    let (first, late) = join(server.get(BADGE), late).await;
    assert_eq!(first.line.upstream, Duration::from_millis(300));
    assert_eq!(late.line.upstream, Duration::from_millis(200), "it joined a call that was under way");
    assert_eq!(server.get(BADGE).await.line.upstream, Duration::ZERO);
    *server.upstream.delay.lock().unwrap() = Duration::from_secs(60);
    server.advance(121);
    assert_eq!(server.get(BADGE).await.line.upstream, Duration::from_secs(3), "a call waits at most three seconds");
}
