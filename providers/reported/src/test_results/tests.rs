//! Tests of the whole provider: its transcripts, its wording, and the reports that it accepts and refuses.

use std::{fs, path::Path};

use badgesmith_provider::{
    Badge, Call, Manifest,
    testkit::{self, InProcess},
};
use serde_json::{Value, json};

use super::{
    TestResults,
    counts::Counts,
    message::{Wording, unfinished},
    report::read,
};

/// Fri, 18 Jul 2025 12:00:00 GMT.
const NOW: u64 = 1_752_840_000;

#[test]
fn the_provider_does_what_its_transcripts_say() {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-results/transcripts");
    let count = testkit::check(&InProcess(TestResults), &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
    println!("{count} transcripts");
}

#[test]
fn the_manifest_has_this_crates_version() {
    let manifest = Manifest::parse(include_str!("../../../test-results/manifest.json")).unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_badge_says_what_passed_and_what_failed() {
    let rows = [
        ((190, 0, 0), "", "190 passed", "brightgreen"),
        ((190, 0, 5), "", "190 passed", "brightgreen"),
        ((190, 0, 5), "skipped", "190 passed, 5 skipped", "brightgreen"),
        ((188, 2, 0), "", "188 passed, 2 failed", "yellow"),
        ((2, 2, 0), "", "2 passed, 2 failed", "yellow"),
        ((2, 3, 1), "", "3 failed", "red"),
        ((0, 3, 1), "skipped", "3 failed, 1 skipped", "red"),
        ((0, 0, 0), "", "no tests", "lightgrey"),
        ((0, 0, 7), "", "no tests", "lightgrey"),
        ((0, 0, 7), "skipped", "no tests, 7 skipped", "lightgrey"),
        ((188, 2, 1), "compact skipped", "✔ 188 | ✘ 2 | ➟ 1", "yellow"),
        ((0, 0, 7), "compact", "no tests", "lightgrey"),
        ((190, 0, 0), "skipped", "190 passed, 0 skipped", "brightgreen"),
        ((188, 2, 0), "passed_label", "188 good, 2 failed", "yellow"),
    ];
    for ((passed, failed, skipped), flags, message, color) in rows {
        let mut call = Call::new("result");
        for flag in flags.split_whitespace() {
            let value = if flag.ends_with("label") { "good" } else { "true" };
            call.query.insert(flag.to_owned(), value.to_owned());
        }
        let badge = Wording::of(&call).badge(Counts { passed, failed, skipped });
        assert_eq!(badge, Badge::new(message).color(color));
    }
}

#[test]
fn a_commit_of_which_parts_are_missing_never_looks_green() {
    for ((passed, failed), color) in
        [((190, 0), "lightgrey"), ((0, 0), "lightgrey"), ((188, 2), "yellow"), ((1, 2), "red"), ((0, 1), "red")]
    {
        let badge = unfinished("3 of 4 parts".to_owned(), Counts { passed, failed, skipped: 1 });
        assert_eq!(badge, Badge::new("3 of 4 parts").color(color));
    }
}

/// A valid report.
fn good() -> Value {
    json!({
        "platform": "Linux", "passed": 3, "failed": 1, "skipped": 1, "total": 5,
        "url_html": "https://example.com/runs/1", "timestamp": "2025-07-18T13:10:27.5+02:00",
        "commit": "11e20f8", "run_id": "16369042913"
    })
}

#[test]
fn a_good_report_is_a_record() {
    let record = read(good().to_string().as_bytes(), "linux", NOW).unwrap();
    assert_eq!(
        (&*record.run_id, record.run_attempt, record.timestamp_ms.as_ms()),
        ("16369042913", 1, 1_752_837_027_500)
    );
    assert_eq!(Counts::of(&record), Some(Counts { passed: 3, failed: 1, skipped: 1 }));
}

#[test]
fn optional_and_unusual_values_are_accepted() {
    let rows = [
        json!({ "run_id": 16_369_042_913_u64 }),
        json!({ "run_attempt": 2 }),
        json!({ "workflow_run_url": "http://127.0.0.1:8000/x?y#z", "unknown": [1, 2] }),
        json!({ "workflow_run_url": null, "run_attempt": null, "suites": null, "duration_ms": null }),
        json!({ "duration_ms": 12.5, "suites": [{ "name": "a", "passed": 1 }] }),
        json!({ "passed": 3.0 }),
        json!({ "timestamp": "2025-07-18T12:01:00Z" }),
        json!({ "platform": "LINUX" }),
    ];
    for row in rows {
        let mut report = good();
        report.as_object_mut().unwrap().extend(row.as_object().unwrap().clone());
        assert!(read(report.to_string().as_bytes(), "linux", NOW).is_ok(), "{row}");
    }
}

#[test]
fn an_invalid_field_is_named() {
    let rows = [
        (json!({ "platform": " " }), "platform"),
        (json!({ "platform": "windows" }), "platform"),
        (json!({ "commit": null }), "commit"),
        (json!({ "commit": 7 }), "commit"),
        (json!({ "run_id": "" }), "run_id"),
        (json!({ "run_id": 1.5 }), "run_id"),
        (json!({ "run_id": "x".repeat(129) }), "run_id"),
        (json!({ "passed": -1 }), "passed"),
        (json!({ "passed": "3" }), "passed"),
        (json!({ "failed": 1.5 }), "failed"),
        (json!({ "skipped": null }), "skipped"),
        (json!({ "total": 6 }), "total"),
        (json!({ "total": 1e300 }), "total"),
        (json!({ "url_html": "javascript:alert(1)" }), "url_html"),
        (json!({ "url_html": "/runs/1" }), "url_html"),
        (json!({ "url_html": "https://" }), "url_html"),
        (json!({ "url_html": "https://e.com/\r\nX: y" }), "url_html"),
        (json!({ "url_html": "https://[::1/" }), "url_html"),
        (json!({ "url_html": "https://%/" }), "url_html"),
        (json!({ "url_html": "https://example.com:99999/" }), "url_html"),
        (json!({ "url_html": "https://256.1.1.1/" }), "url_html"),
        (json!({ "workflow_run_url": "https://a<b/" }), "workflow_run_url"),
        (json!({ "workflow_run_url": "ftp://example.com" }), "workflow_run_url"),
        (json!({ "timestamp": "2025-07-18" }), "timestamp"),
        (json!({ "timestamp": "2025-13-18T11:00:00Z" }), "timestamp"),
        (json!({ "timestamp": "1969-07-18T11:00:00Z" }), "timestamp"),
        (json!({ "timestamp": "2025-07-18T12:01:01Z" }), "timestamp"),
        (json!({ "timestamp": 1_752_840_000 }), "timestamp"),
        (json!({ "run_attempt": 0 }), "run_attempt"),
        (json!({ "run_attempt": 10_000 }), "run_attempt"),
        (json!({ "duration_ms": -1 }), "duration_ms"),
        (json!({ "suites": {} }), "suites"),
        (json!({ "suites": [{ "passed": 1 }] }), "suites"),
        (json!({ "suites": vec![json!({ "name": "a" }); 101] }), "suites"),
    ];
    for (row, name) in rows {
        let mut report = good();
        report.as_object_mut().unwrap().extend(row.as_object().unwrap().clone());
        let failure = read(report.to_string().as_bytes(), "linux", NOW).unwrap_err();
        assert_eq!((&*failure.code, &failure.properties[..]), ("INVALID_TEST_PAYLOAD", &[name.into()][..]), "{row}");
        assert!(failure.words.starts_with(name), "{}", failure.words);
    }
    for body in ["", "[]", "{", "null", "\u{feff}{}"] {
        assert_eq!(read(body.as_bytes(), "linux", NOW).unwrap_err().property.as_deref(), Some("body"), "{body:?}");
    }
}

#[test]
fn all_faults_are_named_at_once() {
    let failure = read(br#"{ "platform": "linux" }"#, "linux", NOW).unwrap_err();
    let named = ["passed", "failed", "skipped", "total", "commit", "run_id", "url_html", "timestamp"];
    assert_eq!(failure.properties[..], named.map(std::borrow::Cow::from));
}

/// The recorded payloads of this project's predecessor, valid and invalid ones.
#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_reports_are_read_as_they_were() {
    let folder = std::env::var_os("BADGESMITH_RECORDED").expect("BADGESMITH_RECORDED is the folder of recorded inputs");
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(&folder).join("ingestion-payloads")).unwrap() {
        let file = entry.unwrap().path();
        let body = fs::read(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let platform = name.rsplit('-').next().unwrap();
        let read = read(&body, platform, NOW);
        assert_eq!(read.is_ok(), !name.contains("invalid"), "{name}: {read:?}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}
