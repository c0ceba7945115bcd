//! Plugins that violate the ABI, panic or hang: they are refused at start or get an error badge, and the log names
//! them. The host goes on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::atomic::Ordering;

use futures_util::{FutureExt, future::join_all};
use support::{Log, TestServer, liar_toml};

#[test]
fn a_library_that_is_no_plugin_of_this_version_is_refused_with_the_remedy() {
    let rows = [
        (
            "OTHER_ABI",
            "was built for version 2 of the provider boundary, this badgesmith has version 1; use a newer badgesmith",
        ),
        ("OTHER_SYMBOL", "was built for version 3 of the provider boundary"),
        ("NOTHING", "does not export badgesmith_provider_v1"),
        (
            "SHORT_TABLE",
            "its table has 32 bytes where version 1 begins with 40; set `size` to sizeof(badgesmith_provider)",
        ),
        ("NULL_TABLE", "returns no table"),
        ("NO_STEP", "no `step`"),
        ("NO_RELEASE", "no `release`; every provider needs one, even an empty one"),
        ("NULL_MANIFEST", "its manifest is 10 bytes at null"),
        ("BINARY_MANIFEST", "its manifest is not UTF-8"),
        ("NO_JSON_MANIFEST", "the manifest cannot be read: expected value at line 1 column 1"),
    ];
    for (lie, words) in rows {
        let refusal = TestServer::try_new(&liar_toml(lie)).err().expect(lie);
        assert!(refusal.starts_with("plugins.toml: plugin \"liar\": ") && refusal.contains(words), "{lie}: {refusal}");
    }
}

#[tokio::test]
async fn a_longer_table_of_a_newer_sdk_loads() {
    let server = TestServer::new(&liar_toml("LONG_TABLE"));
    assert_eq!(server.words("/badges/liar/x.svg").await, "liar: honest");
}

#[tokio::test(start_paused = true)]
async fn every_violation_ends_in_an_error_badge_and_a_log_line_that_names_the_plugin() {
    let rows = [
        ("NULL_STEP", "its step is 100 bytes at null"),
        ("BINARY_STEP", "its step is not UTF-8"),
        ("NO_JSON_STEP", "its step cannot be read"),
        ("EMPTY_STEP", "its step is empty"),
        ("HUGE_STEP", "its step has 4194303 bytes of at most 1048576"),
        ("FAILED_STEP", "its step returned 42: no idea"),
        ("ENDLESS", "it is not done after 8 turns"),
        ("GREEDY", "it asks 65 things of at most 64"),
        ("FICKLE", "it asks differently the second time"),
        ("REPEATING", "it asks nothing that is not answered already"),
        ("TRESPASSING", "https://elsewhere.example, which is not granted; add it to its origins in plugins.toml"),
        ("LOCAL_FILE", "is not an http or https address"),
        ("TWO_ENDS", "it has two ends at once"),
        ("LONG_WINDED", "its badge has a text of 5000 bytes, at most 1024"),
        ("LATE_RECORD", "its record's timestamp_ms is not in the years 1970 to 9999"),
        ("WORDLESS", "is not upper-case letters, digits and _"),
    ];
    for (lie, words) in rows {
        let server = TestServer::new(&liar_toml(lie));
        for index in 0..100 {
            server.upstream.set(&format!("https://example.com/{index}"), 200, &[], "x");
        }
        for name in ["a", "b", "c"] {
            server.upstream.set(&format!("https://example.com/{name}"), 200, &[], "x");
        }
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        let picture = server.words("/badges/liar/x.svg").await;
        let json = server.get("/badges/liar/x").await;
        drop(guard);
        assert_eq!(picture, "liar: provider failed", "{lie}");
        assert_eq!(json.status, 500, "{lie}");
        let body = String::from_utf8(json.body.to_vec()).unwrap();
        assert!(body.contains("PROVIDER_FAILED") && !body.contains("elsewhere"), "{lie}: {body}");
        let log = log.text();
        assert!(log.contains("plugin=\"liar\"") && log.contains(words), "{lie}: {log}");
    }
}

#[tokio::test]
async fn a_panic_of_a_plugin_is_an_error_badge_and_its_message_is_logged() {
    let examples = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    let library = examples.join(libloading::library_filename("panics"));
    let server = TestServer::new(&format!("[[plugin]]\nid = \"panics\"\nlibrary = {library:?}\n"));
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.subscriber());
    let picture = server.words("/badges/panics/this.svg").await;
    drop(guard);
    assert_eq!(picture, "panics: provider failed");
    assert!(log.text().contains("nobody expects this"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_plugin_is_out_of_service_while_a_step_is_overdue_and_after_the_third_until_a_restart() {
    let server = TestServer::new(&(liar_toml("HONEST") + &support::hello_toml()));
    server.upstream.set("https://example.com/a.txt", 200, &[], "hi");
    for strike in 1..=3 {
        assert!(deep(&server).await.contains("\"status\":\"in service\""), "before strike {strike}");
        server.executor.holds_steps.store(true, Ordering::Relaxed);
        let before = tokio::time::Instant::now();
        assert_eq!(server.words("/badges/liar/x.svg").await, "liar: provider failed");
        assert_eq!(before.elapsed().as_millis() / 100, 20, "the step was given up on after two seconds");
        server.executor.holds_steps.store(false, Ordering::Relaxed);
        let health = deep(&server).await;
        let words = format!(r#""id":"liar","version":"0.0.1","status":"out of service","overdue_steps":{strike}"#);
        assert!(health.contains(&words) && health.contains(r#""status":"Degraded""#), "{health}");
        assert_eq!(server.words("/badges/liar/x.svg").await, "liar: provider failed", "it is not called meanwhile");
        assert_eq!(server.words("/badges/hello/a.svg").await, "hello: hi", "other plugins go on");
        server.executor.release();
    }
    assert!(deep(&server).await.contains(r#""status":"out of service","overdue_steps":3"#));
    assert_eq!(server.words("/badges/liar/y.svg").await, "liar: provider failed", "it is not called any more");
}

#[tokio::test(start_paused = true)]
async fn a_step_during_which_the_process_was_suspended_is_not_overdue() {
    let server = TestServer::new(&liar_toml("HONEST"));
    for name in ["a", "b", "c", "d"] {
        server.executor.holds_steps.store(true, Ordering::Relaxed);
        let path = format!("/badges/liar/{name}.svg");
        let mut asked = Box::pin(server.words(&path));
        for _ in 0..10 {
            assert!((&mut asked).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        // A Lambda function is suspended between two events. The caller's own timeout has passed by then.
        tokio::time::advance(std::time::Duration::from_secs(600)).await;
        assert!((&mut asked).now_or_never().is_some());
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        server.executor.holds_steps.store(false, Ordering::Relaxed);
        server.executor.release();
        assert!(deep(&server).await.contains(r#""status":"in service","overdue_steps":0"#), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_too_long_for_other_steps_is_too_busy_and_not_overdue() {
    let server = TestServer::new(&liar_toml("HONEST"));
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let [first, second, third] = ["a", "b", "c"].map(|name| format!("/badges/liar/{name}.svg"));
    let slow = async {
        for _ in 0..3 {
            tokio::time::sleep(std::time::Duration::from_millis(1900)).await;
            server.executor.release();
        }
    };
    let asked = join_all([&first, &second, &third].map(|path| server.words(path)));
    let (words, ()) = tokio::join!(asked, slow);
    assert_eq!(words.iter().filter(|words| *words == "liar: too busy").count(), 1, "{words:?}");
    assert!(deep(&server).await.contains(r#""status":"in service""#));
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_hangs_uses_one_thread_for_any_number_of_callers() {
    let server = TestServer::new(&liar_toml("HONEST"));
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let paths: Vec<_> = (0..40).map(|index| format!("/badges/liar/{index}.svg")).collect();
    let badges = join_all(paths.iter().map(|path| server.words(path))).await;
    assert!(badges.iter().all(|badge| badge == "liar: provider failed"), "{badges:?}");
    assert_eq!(server.executor.steps.load(Ordering::Relaxed), 1);
    for path in &paths {
        assert_eq!(server.words(path).await, "liar: provider failed");
    }
    assert_eq!(server.executor.steps.load(Ordering::Relaxed), 1, "no further step is started");
    server.executor.holds_steps.store(false, Ordering::Relaxed);
    server.executor.release();
    assert_eq!(
        server.words("/badges/liar/x.svg").await,
        "liar: honest",
        "it is called again after the overdue step returned"
    );
}

async fn deep(server: &TestServer) -> String {
    String::from_utf8(server.get("/health?deep=1").await.body.to_vec()).unwrap()
}
