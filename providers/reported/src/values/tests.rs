//! Tests of the whole provider: its transcripts, its wording, and the reports that it accepts and refuses.

use std::path::Path;

use badgesmith_provider::{
    Badge, Call, Failure, Manifest,
    testkit::{self, InProcess},
};
use serde_json::{Value, json};

use super::{Values, message::badge, report::read, stored::StoredValue};

/// Fri, 18 Jul 2025 12:00:00 GMT.
const NOW: u64 = 1_752_840_000;

#[test]
fn the_provider_does_what_its_transcripts_say() {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../values/transcripts");
    let count = testkit::check(&InProcess(Values), &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
    println!("{count} transcripts");
}

#[test]
fn the_manifest_has_this_crates_version() {
    let manifest = Manifest::parse(include_str!("../../../values/manifest.json")).unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}

/// A valid report of a value, with these additional fields.
fn body(fields: &Value) -> Vec<u8> {
    let mut report = json!({
        "platform": "size", "url_html": "https://example.com/runs/1", "timestamp": "2025-07-18T13:10:27.5+02:00",
        "commit": "11e20f8", "run_id": "16369042913"
    });
    report.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    report.to_string().into_bytes()
}

/// The badge of a reported value, for a query such as `as=bytes&precision=1`.
fn shown(fields: &Value, query: &str) -> Result<Badge, Failure> {
    let record = read(&body(fields), "size", NOW).unwrap_or_else(|failure| panic!("{fields}: {}", failure.words));
    let mut call = Call::new("value");
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    call.query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    badge(&call, &StoredValue::of(&record).unwrap())
}

#[test]
fn a_badge_shows_the_value_as_its_kind_says() {
    for (fields, query, message) in [
        (json!({ "value": 1234 }), "", "1.2k"),
        (json!({ "value": 3_400_000 }), "as=metric", "3.4M"),
        (json!({ "value": 999_999 }), "precision=1", "1.0M"),
        (json!({ "value": 1234 }), "precision=2", "1.23k"),
        (json!({ "value": -7, "unit": "warnings" }), "", "-7 warnings"),
        (json!({ "value": 12_345 }), "unit=/month", "12k/month"),
        (json!({ "value": 1234, "unit": "lines" }), "as=text", "1234 lines"),
        (json!({ "value": 0.1 }), "as=text&precision=3", "0.100"),
        (json!({ "value": -0.001 }), "as=text&precision=2", "0.00"),
        (json!({ "value": 1_250_000, "as": "bytes" }), "", "1.3 MB"),
        (json!({ "value": 1_250_000, "as": "bytes" }), "precision=2", "1.25 MB"),
        (json!({ "value": 1.5, "as": "bytes", "unit": "MiB" }), "", "1.5 MiB"),
        (json!({ "value": 1.5, "as": "bytes", "unit": "MiB" }), "unit=kB", "1.6 MB"),
        (json!({ "value": 2048, "as": "bytes" }), "unit=KiB&precision=1", "2.0 KiB"),
        (json!({ "value": 2048 }), "as=bytes&unit=KiB", "2 MiB"),
        (json!({ "value": 99.99, "as": "percent" }), "", "99.9%"),
        (json!({ "value": 99.999, "as": "percent" }), "precision=2", "99.99%"),
        (json!({ "value": 57.3, "as": "percent" }), "precision=1", "57.3%"),
        (json!({ "value": 87.6 }), "as=percent&precision=0", "87%"),
        (json!({ "value": 133_000, "as": "duration" }), "", "2m 13s"),
        (json!({ "value": 93.5, "as": "duration", "unit": "s" }), "", "1m 33s"),
        (json!({ "value": 93.5, "as": "duration", "unit": "s" }), "unit=h", "1m 33s"),
        (json!({ "value": 65 }), "as=duration&unit=min", "1h 5m"),
        (json!({ "value": "stable" }), "", "stable"),
        (json!({ "value": "v1.2.3" }), "as=version", "1.2.3"),
        (json!({ "value": "vim", "as": "version" }), "", "vim"),
        (json!({ "value": "v1.2.3" }), "", "v1.2.3"),
        (json!({ "value": 1e18 }), "", "1E"),
    ] {
        let badge = shown(&fields, query).unwrap_or_else(|failure| panic!("{fields} {query}: {}", failure.words));
        assert_eq!(badge.message, message, "{fields} {query}");
    }
}

#[test]
fn a_badge_has_the_color_of_its_scale_or_its_version() {
    let scale = json!({ "value": 80, "steps": [50, 80], "colors": ["red", "yellow", "#4c1"] });
    let sizes =
        json!({ "value": 1.5, "as": "bytes", "unit": "MB", "steps": "500kB,1MiB", "colors": "green,yellow,red" });
    for (fields, query, color) in [
        (json!({ "value": 80 }), "", None),
        (json!({ "value": "1.0.0-beta", "as": "version" }), "", Some("orange")),
        (json!({ "value": "1.0.0", "as": "version" }), "", Some("blue")),
        (json!({ "value": "1.0.0-beta" }), "", None),
        (scale.clone(), "", Some("#4c1")),
        (scale.clone(), "as=duration&unit=s", Some("#4c1")),
        (scale.clone(), "steps=81,90", Some("red")),
        (scale.clone(), "colors=red,tomato,green", Some("green")),
        (scale, "steps=100&colors=critical,success", Some("critical")),
        (json!({ "value": 49.9 }), "steps=50%,80%&colors=red, yellow ,green&as=percent", Some("red")),
        (json!({ "value": 50 }), "steps=50,80&colors=red,yellow,green", Some("yellow")),
        (json!({ "value": 90 }), "as=duration&unit=s&steps=1min,2min&colors=green,yellow,red", Some("yellow")),
        (sizes, "", Some("red")),
    ] {
        let badge = shown(&fields, query).unwrap_or_else(|failure| panic!("{fields} {query}: {}", failure.words));
        assert_eq!(badge.color.as_deref(), color, "{fields} {query}");
    }
}

#[test]
fn an_invalid_parameter_is_named_with_what_to_write() {
    let (number, word) = (json!({ "value": 75 }), json!({ "value": "stable" }));
    for (fields, query, name, must) in [
        (&number, "as=money", "as", "must be metric, bytes, percent, duration, version or text"),
        (
            &number,
            "as=version",
            "as",
            "must be metric, bytes, percent, duration or text, because the value is a number",
        ),
        (&word, "as=percent", "as", "must be version or text, because the value is a text"),
        (&json!({ "value": -1 }), "as=duration", "as", "must not be duration, because the value is less than 0"),
        (&number, "precision=4", "precision", "must be 0, 1, 2 or 3"),
        (&number, "as=duration&unit=weeks", "unit", "must be ms, s, min, h or d for a duration"),
        (&number, "as=percent&unit=x", "unit", "must be absent, because percent and version have none"),
        (&word, "steps=1&colors=red,green", "steps", "must be absent, because the value is a text"),
        (&number, "steps=80,50&colors=a,b,c", "steps", "must be 1 to 16 ascending numbers, such as 50,80"),
        (&number, "steps=NaN&colors=red,green", "steps", "must be 1 to 16 ascending numbers, such as 50,80"),
        (&number, "steps=50,80", "colors", "must be 3 for 2 steps, such as red,yellow,green"),
        (&number, "steps=50&colors=red", "colors", "must be 2 for 1 step, such as red,green"),
        (&number, "colors=red,yellow,green", "colors", "must come with steps, one less, such as 50,80"),
        (
            &number,
            "steps=50&colors=red,gren",
            "colors",
            "must be names or hex digits, one more than steps, such as red,yellow,4c1",
        ),
    ] {
        let failure = shown(fields, query).unwrap_err();
        assert_eq!(
            (&*failure.code, failure.property.as_deref(), &*failure.words),
            ("PARAMETER_INVALID", Some(name), &*format!("{name} {must}")),
            "{query}"
        );
    }
}

#[test]
fn a_number_is_stored_in_bytes_or_milliseconds() {
    for (fields, stored) in [
        (json!({ "value": 1.2, "as": "bytes", "unit": "MB" }), json!(1_200_000)),
        (json!({ "value": 1.1, "as": "duration", "unit": "s" }), json!(1100)),
        (json!({ "value": 0.25, "as": "duration" }), json!(0.25)),
        (json!({ "value": 3 }), json!(3)),
        (json!({ "value": -2.5, "unit": "°C" }), json!(-2.5)),
        (json!({ "value": "3" }), json!("3")),
    ] {
        let record = read(&body(&fields), "SIZE", NOW).unwrap();
        assert_eq!(record.fields["value"], stored, "{fields}");
    }
}

#[test]
fn an_invalid_field_is_named() {
    let many = |count: usize| (0..count).collect::<Vec<_>>();
    for (fields, name) in [
        (json!({ "platform": "web", "value": 1 }), "platform"),
        (json!({}), "value"),
        (json!({ "value": null }), "value"),
        (json!({ "value": true }), "value"),
        (json!({ "value": [1] }), "value"),
        (json!({ "value": 1.1e18 }), "value"),
        (json!({ "value": -1e300 }), "value"),
        (json!({ "value": 2000, "as": "bytes", "unit": "PB" }), "value"),
        (json!({ "value": "" }), "value"),
        (json!({ "value": " \t" }), "value"),
        (json!({ "value": "a\nb" }), "value"),
        (json!({ "value": "x".repeat(257) }), "value"),
        (json!({ "value": "1200", "as": "bytes" }), "value"),
        (json!({ "value": "NaN", "as": "metric" }), "value"),
        (json!({ "value": -1, "as": "duration" }), "value"),
        (json!({ "value": 1.2, "as": "version" }), "value"),
        (json!({ "value": 1, "as": "money" }), "as"),
        (json!({ "value": 1, "as": 1 }), "as"),
        (json!({ "value": 1, "as": "bytes", "unit": "lines" }), "unit"),
        (json!({ "value": 1, "as": "percent", "unit": "%" }), "unit"),
        (json!({ "value": 1, "unit": "x".repeat(33) }), "unit"),
        (json!({ "value": 1, "unit": 7 }), "unit"),
        (json!({ "value": 1, "label": "" }), "label"),
        (json!({ "value": 1, "label": "x".repeat(257) }), "label"),
        (json!({ "value": "a", "steps": [1], "colors": ["red", "green"] }), "steps"),
        (json!({ "value": 1, "steps": [2, 1], "colors": ["red", "green", "blue"] }), "steps"),
        (json!({ "value": 1, "steps": { "a": 1 }, "colors": ["red"] }), "steps"),
        (json!({ "value": 1, "steps": many(17), "colors": vec!["red"; 17] }), "steps"),
        (json!({ "value": 1, "steps": [1e19], "colors": ["red", "green"] }), "steps"),
        (json!({ "value": 1, "steps": [1], "colors": vec!["red"; 18] }), "colors"),
        (json!({ "value": 1, "steps": [1], "colors": ["red"] }), "colors"),
        (json!({ "value": 1, "steps": [1] }), "colors"),
        (json!({ "value": 1, "colors": ["red", "green"] }), "colors"),
        (json!({ "value": 1, "steps": [1], "colors": ["red", "gren"] }), "colors"),
        (json!({ "value": 1, "run_id": null }), "run_id"),
        (json!({ "value": 1, "url_html": "javascript:alert(1)" }), "url_html"),
    ] {
        let failure = read(&body(&fields), "size", NOW).unwrap_err();
        assert_eq!(
            (&*failure.code, &failure.properties[..]),
            ("INVALID_VALUE_PAYLOAD", &[name.into()][..]),
            "{fields}"
        );
        assert!(failure.words.starts_with(name), "{}", failure.words);
    }
    // JSON cannot express these numbers.
    for body in ["", "[]", "{", r#"{"value": NaN}"#, r#"{"value": Infinity}"#, r#"{"value": 1e400}"#] {
        assert_eq!(read(body.as_bytes(), "size", NOW).unwrap_err().property.as_deref(), Some("body"), "{body:?}");
    }
}

#[test]
fn the_largest_fields_are_accepted() {
    let steps: Vec<_> = (0..16).collect();
    for fields in [
        json!({ "value": "x".repeat(256), "label": "y".repeat(256), "unit": "z".repeat(32) }),
        json!({ "value": -1e18, "steps": steps, "colors": vec!["lightgoldenrodyellow"; 17] }),
        json!({ "value": 0, "as": null, "unit": null, "label": null, "steps": null, "colors": null, "other": [1] }),
    ] {
        assert!(shown(&fields, "").is_ok(), "{fields}");
    }
}
