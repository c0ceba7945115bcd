//! Tests of the whole provider: its transcripts, its wording, and the reports that it accepts and refuses.

use std::path::Path;

use badgesmith_provider::{
    Badge, Call, Manifest,
    testkit::{self, InProcess},
};
use serde_json::{Value, json};

use super::{Coverage, message::Wording, report::read, share::Share};

/// Fri, 18 Jul 2025 12:00:00 GMT.
const NOW: u64 = 1_752_840_000;

#[test]
fn the_provider_does_what_its_transcripts_say() {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../coverage/transcripts");
    let count = testkit::check(&InProcess(Coverage), &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
    println!("{count} transcripts");
}

#[test]
fn the_manifest_has_this_crates_version() {
    let manifest = Manifest::parse(include_str!("../../../coverage/manifest.json")).unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}

/// A call with this query, such as `precision=1&min=80`.
fn call(query: &str) -> Call<'_> {
    let mut call = Call::new("result");
    call.query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    call
}

#[test]
fn a_badge_says_how_much_is_covered() {
    for ((covered, total), query, message, color) in [
        ((87, 100), "", "87%", "yellowgreen"),
        ((865, 1000), "", "87%", "yellowgreen"),
        ((8649, 10000), "", "86%", "yellowgreen"),
        ((2, 3), "precision=1", "66.7%", "yellow"),
        ((2, 3), "precision=2", "66.67%", "yellow"),
        ((1, 2), "precision=2", "50.00%", "yellow"),
        ((1, 1000), "precision=2", "0.10%", "yellow"),
        ((0, 7), "", "0%", "red"),
        ((7, 7), "precision=1", "100.0%", "brightgreen"),
        // A share below the whole is never shown as 100 %.
        ((9_999, 10_000), "", "99%", "green"),
        ((99_999, 100_000), "precision=2", "99.99%", "green"),
        ((1 << 52, 1 << 52), "", "100%", "brightgreen"),
        ((79, 100), "min=80", "79%", "red"),
        ((80, 100), "min=80%", "80%", "yellowgreen"),
        ((799, 1000), "min=80", "80%", "red"),
    ] {
        let share = Share::new(covered, total).unwrap();
        let badge = Wording::of(&call(query)).unwrap().badge(share, None);
        assert_eq!(badge, Badge::new(message).color(color), "{covered} of {total}, {query}");
    }
}

#[test]
fn a_difference_has_its_sign() {
    for (covered, query, message) in [
        (872, "", "87% (+1.2)"),
        (850, "", "85% (-1.0)"),
        (860, "", "86% (±0)"),
        (8_601, "", "86% (±0)"),
        (8_601, "precision=2", "86.01% (+0.01)"),
    ] {
        let total = if covered > 1000 { 10_000 } else { 1000 };
        let other = Share::new(86, 100);
        let badge = Wording::of(&call(query)).unwrap().badge(Share::new(covered, total).unwrap(), other);
        assert_eq!(badge.message, message);
    }
}

#[test]
fn an_invalid_parameter_is_named() {
    for (query, name) in [
        ("of=lambdas", "of"),
        ("precision=3", "precision"),
        ("precision=x", "precision"),
        ("min=101", "min"),
        ("min=-1", "min"),
        ("min=NaN", "min"),
        ("min=x", "min"),
    ] {
        let failure = Wording::of(&call(query)).unwrap_err();
        assert_eq!((&*failure.code, failure.property.as_deref()), ("PARAMETER_INVALID", Some(name)), "{query}");
    }
}

/// A valid report.
fn good() -> Value {
    json!({
        "platform": "All", "lines": { "covered": 2, "total": 3 }, "branches": { "covered": 1, "total": 4 },
        "url_html": "https://example.com/runs/1", "timestamp": "2025-07-18T13:10:27.5+02:00",
        "commit": "11e20f8", "run_id": "16369042913"
    })
}

/// The good report with some fields replaced.
fn with(fields: &Value) -> Vec<u8> {
    let mut report = good();
    report.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    report.to_string().into_bytes()
}

#[test]
fn a_good_report_is_a_record_with_its_percentage() {
    let record = read(good().to_string().as_bytes(), "all", NOW).unwrap();
    assert_eq!(
        (&*record.run_id, record.run_attempt, record.timestamp_ms.as_ms()),
        ("16369042913", 1, 1_752_837_027_500)
    );
    assert_eq!(record.fields["percent"], json!(66.66));
    assert_eq!((Share::sum(&[&record], "branches"), Share::sum(&[&record], "functions")), (Share::new(1, 4), None));
}

#[test]
fn optional_and_unusual_values_are_accepted() {
    for row in [
        json!({ "branches": null, "functions": { "covered": 0, "total": 0 } }),
        json!({ "lines": { "covered": 0, "total": 0 } }),
        json!({ "lines": { "covered": 2.0, "total": 3 }, "unknown": [1] }),
        json!({ "run_id": 7, "run_attempt": 2, "duration_ms": 12.5 }),
    ] {
        assert!(read(&with(&row), "all", NOW).is_ok(), "{row}");
    }
    // If there is nothing to cover, there is no percentage.
    let nothing = read(&with(&json!({ "lines": { "covered": 0, "total": 0 } })), "all", NOW).unwrap();
    assert!(!nothing.fields.contains_key("percent") && Share::sum(&[&nothing], "lines").is_none());
}

#[test]
fn an_invalid_field_is_named() {
    for (row, name) in [
        (json!({ "platform": "web" }), "platform"),
        (json!({ "lines": null }), "lines"),
        (json!({ "lines": 87 }), "lines"),
        (json!({ "lines": { "covered": 4, "total": 3 } }), "lines"),
        (json!({ "lines": { "covered": 1 } }), "lines"),
        (json!({ "branches": { "covered": -1, "total": 3 } }), "branches"),
        (json!({ "functions": [1, 2] }), "functions"),
        (json!({ "commit": "" }), "commit"),
        (json!({ "run_id": null }), "run_id"),
        (json!({ "url_html": "javascript:alert(1)" }), "url_html"),
        (json!({ "timestamp": "2025-07-18T12:01:01Z" }), "timestamp"),
    ] {
        let failure = read(&with(&row), "all", NOW).unwrap_err();
        assert_eq!(
            (&*failure.code, &failure.properties[..]),
            ("INVALID_COVERAGE_PAYLOAD", &[name.into()][..]),
            "{row}"
        );
    }
    for body in ["", "[]", "{", "null"] {
        assert_eq!(read(body.as_bytes(), "all", NOW).unwrap_err().property.as_deref(), Some("body"), "{body:?}");
    }
}
