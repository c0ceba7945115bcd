//! What an operator is told: what happened on the way, and the line of each answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use badgesmith_engine::{AccessLine, CacheState, Format, Source, world::Fault};
use futures_util::future::join;
use support::{Stage, hello_toml, liar_toml};

const ASKED: &str = "https://example.com/world.txt";
const BADGE: &str = "/badges/hello/world.svg";

fn stage() -> Stage {
    let stage = Stage::new(&hello_toml());
    stage.upstream.set(ASKED, 200, &[("etag", "\"1\"")], "good");
    stage
}

#[tokio::test(start_paused = true)]
async fn every_step_and_every_call_is_told_once_and_a_warm_request_has_none() {
    let stage = stage();
    stage.words(BADGE).await;
    let made = ["hello step done", "hello called answered", "hello supplied asked", "hello step done"];
    assert_eq!(stage.diary.read(), made);
    stage.words(BADGE).await;
    assert!(stage.diary.read().is_empty());
    stage.words("/badges/hello/world.svg?loud=1").await;
    assert_eq!(stage.diary.read(), ["hello step done", "hello supplied kept", "hello step done"]);
    stage.pass(121);
    stage.words(BADGE).await;
    assert_eq!(stage.diary.read()[1], "hello called not_modified");
    stage.upstream.set("https://example.com/nobody.txt", 404, &[], "");
    stage.words("/badges/hello/nobody.svg").await;
    assert_eq!(stage.diary.read()[1], "hello called missing");
    stage.upstream.set("https://example.com/secret.txt", 401, &[], "");
    stage.words("/badges/hello/secret.svg").await;
    assert_eq!(stage.diary.read()[1], "hello called refused");
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_a_word_and_each_try_counts() {
    let faults = [
        (Fault::Unreachable("gone".to_owned()), "unreachable", 4),
        (Fault::Timeout, "timeout", 4),
        (Fault::TooLarge, "too_large", 1),
        (Fault::Nonsense("?".to_owned()), "nonsense", 1),
    ];
    for (fault, word, tries) in faults {
        let stage = stage();
        stage.upstream.fault(ASKED, fault);
        stage.words(BADGE).await;
        let read = stage.diary.read();
        let called = format!("hello called {word}");
        assert_eq!(read.iter().filter(|entry| **entry == called).count(), tries, "{read:?}");
        assert!(read.contains(&"hello supplied none".to_owned()), "{read:?}");
    }
    for (status, word) in [(503, "failed"), (429, "rate_limited")] {
        let stage = stage();
        stage.upstream.set(ASKED, status, &[], "");
        stage.words(BADGE).await;
        let read = stage.diary.read();
        assert_eq!(read.iter().filter(|entry| **entry == format!("hello called {word}")).count(), 4, "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_is_told_and_a_call_that_is_given_up_counts_as_a_timeout() {
    let stage = stage();
    stage.upstream.fault(ASKED, Fault::Unreachable("gone".to_owned()));
    for _ in 0..4 {
        stage.words(BADGE).await;
    }
    assert!(!stage.diary.read().contains(&"hello opened".to_owned()), "four faults in a row are not enough");
    stage.words(BADGE).await;
    assert!(stage.diary.read().contains(&"hello opened".to_owned()), "the fifth is");
    let health = stage.engine.health(*stage.now.lock().unwrap());
    let breaker = &health.breakers[0];
    assert_eq!((breaker.origin.as_str(), breaker.is_open), ("https://example.com", true));
    // It answers after the whole budget; nobody waits for that, but it is told when it is given up.
    stage.pass(120);
    stage.upstream.set(ASKED, 200, &[], "late");
    *stage.upstream.delay.lock().unwrap() = Duration::from_secs(60);
    stage.diary.read();
    stage.words(BADGE).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let read = stage.diary.read();
    assert_eq!(read.iter().filter(|entry| entry.contains("called")).collect::<Vec<_>>(), ["hello called timeout"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_breaks_is_told_by_its_steps() {
    for (lie, word) in [("NO_JSON_STEP", "done"), ("FAILED_STEP", "broken")] {
        let stage = Stage::new(&liar_toml(lie));
        stage.words("/badges/liar/x.svg").await;
        assert_eq!(stage.diary.read(), [format!("liar step {word}")], "{lie}");
    }
    let stage = Stage::new(&liar_toml("NO_JSON_STEP"));
    stage.executor.lost.store(true, std::sync::atomic::Ordering::Relaxed);
    stage.words("/badges/liar/x.svg").await;
    assert_eq!(stage.diary.read(), ["liar step overdue"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_says_route_plugin_format_and_where_the_badge_came_from() {
    let stage = stage();
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
    stage.upstream.set("https://example.com/nobody.txt", 404, &[], "");
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
        assert_eq!(stage.get(path).await.line, line, "{path}");
    }
    stage.upstream.fault(ASKED, Fault::TooLarge);
    stage.pass(121);
    assert_eq!(stage.get(BADGE).await.line, line(route, "hello", "", "", "stale", "svg"));
}

#[tokio::test(start_paused = true)]
async fn a_line_says_how_long_upstreams_kept_that_request_waiting() {
    let stage = stage();
    *stage.upstream.delay.lock().unwrap() = Duration::from_millis(300);
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stage.get(BADGE).await
    };
    let (first, late) = join(stage.get(BADGE), late).await;
    assert_eq!(first.line.upstream, Duration::from_millis(300));
    assert_eq!(late.line.upstream, Duration::from_millis(200), "it came to a call that was under way");
    assert_eq!(stage.get(BADGE).await.line.upstream, Duration::ZERO);
    *stage.upstream.delay.lock().unwrap() = Duration::from_secs(60);
    stage.pass(121);
    assert_eq!(stage.get(BADGE).await.line.upstream, Duration::from_secs(3), "a call waits no longer");
}
