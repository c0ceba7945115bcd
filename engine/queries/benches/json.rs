//! The time to find one value in a JSON document of 100 KB: `cargo bench -p badgesmith-queries --bench json`.
//!
//! Prints one JSON object a line: the document, the way, and the best and the median time in microseconds. The ways are
//! a lazy document, a document that is parsed whole, and what serde_json takes to skip the document, and to build its
//! own tree. All are measured in turn, so that a busy machine slows down each of them alike.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{hint::black_box, time::Instant};

use badgesmith_queries::{Document, DocumentKind};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const SIZE: usize = 100_000;
const ROUNDS: usize = 301;

/// A way to read a document.
type Way = (&'static str, fn(&str));

const WAYS: [Way; 5] = [
    ("lazy", |text| {
        assert_eq!(Document::lazy(DocumentKind::Json, text).unwrap().find("$.info.version").unwrap(), ["1.2"])
    }),
    ("whole", |text| {
        assert_eq!(Document::read(DocumentKind::Json, text).unwrap().find("$.info.version").unwrap(), ["1.2"])
    }),
    ("utf8", |text| assert!(std::str::from_utf8(black_box(text.as_bytes())).is_ok())),
    ("serde_json skips", |text| assert!(serde_json::from_str::<IgnoredAny>(text).is_ok())),
    ("serde_json's tree", |text| drop(black_box(serde_json::from_str::<Value>(text).unwrap()))),
];

/// A registry's document: a list of releases with their files, and the value that is asked for at the end.
fn releases(bytes: usize) -> Value {
    let mut releases = Vec::new();
    let mut size = 0;
    while size < bytes {
        let number = releases.len();
        let release = json!({
            "version": format!("{}.{}.{}", number / 50, number / 5 % 10, number % 5),
            "published_at": "2026-01-01T00:00:00.000Z",
            "yanked": number % 7 == 0,
            "downloads": number * 977,
            "requires": { "core": ">=1.2", "tools": "^3.4", "extra": null },
            "files": [{
                "name": format!("package-{number}.tar.gz"),
                "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "size": 48_213 + number,
                "url": format!("https://files.example.com/packages/package-{number}.tar.gz"),
            }],
            "summary": "Draws badges \u{2013} quickly, and says \"why\" if it cannot.",
        });
        size += release.to_string().len();
        releases.push(release);
    }
    json!({ "a": releases, "info": { "name": "package", "version": "1.2" } })
}

fn main() {
    let compact = releases(SIZE).to_string();
    let pretty = format!("{:#}", releases(SIZE * 3 / 5));
    let numbers: Vec<_> = (0..14_000_u64).map(|number| number * 7919 % 1_000_000).collect();
    let numbers = json!({ "a": numbers, "info": { "version": "1.2" } }).to_string();
    let only = std::env::args().nth(1).filter(|argument| argument != "--bench");
    for (name, text) in [("compact", &compact), ("pretty", &pretty), ("numbers", &numbers)] {
        let mut times = WAYS.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for ((way, read), times) in WAYS.iter().zip(&mut times) {
                if only.as_ref().is_some_and(|only| only != way) {
                    continue;
                }
                let start = Instant::now();
                read(black_box(text));
                times.push(start.elapsed());
            }
        }
        for ((way, _), mut times) in WAYS.iter().zip(times) {
            if times.is_empty() {
                continue;
            }
            times.sort();
            let [best, median] = [0, ROUNDS / 2].map(|at| times[at].as_nanos() as f64 / 1000.0);
            println!(
                "{}",
                json!({ "document": name, "bytes": text.len(), "way": way, "best_us": best, "median_us": median })
            );
        }
    }
}
