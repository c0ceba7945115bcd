//! The newest version of recorded lists for many ranges, computed with NuGet's own code.

use std::path::Path;

use serde_json::Value;

use super::candidates;
use crate::range::Range;
use crate::vectors::{folder, read, text};
use crate::version::Version;

/// Feeds whose rows lie under `<feed>/expected-latest`.
const FEEDS: [&str; 2] = ["nuget", "github-packages"];

#[test]
fn the_newest_version_of_a_list_is_what_nuget_computes_but_for_the_mended_bound() {
    let Some(folder) = folder() else { return };
    let mut rows = 0;
    let mut mended = 0;
    for feed in FEEDS.map(|feed| folder.join(feed)) {
        for file in std::fs::read_dir(feed.join("expected-latest")).unwrap() {
            let file = read(file.unwrap().path());
            let versions = list(&feed.join(text(&file, "list")));
            for row in file["rows"].as_array().unwrap() {
                rows += 1;
                mended += usize::from(check(&versions, row));
            }
        }
    }
    assert!(rows >= 2_520, "{rows} rows");
    assert_eq!(mended, 31, "rows whose answer in NuGet is a prerelease of the excluded bound");
}

/// Checks a row; true if the contract's rule on excluded bounds changes its answer.
#[track_caller]
fn check(versions: &[String], row: &Value) -> bool {
    let written = text(row, "version");
    let Some(range) = Range::parse(written) else {
        assert_eq!(row["result"], "invalid-range", "{row}");
        return false;
    };
    assert_ne!(row["result"], "invalid-range", "{row}");
    let prerelease = row["prerelease"].as_bool().unwrap();
    let newest = |range: &Range<'_>| {
        let found = candidates(versions.iter().map(String::as_str), Some(range), prerelease);
        found.first().map(|(version, spelling)| {
            assert_eq!(version.to_string(), *spelling, "these lists are normalised: {row}");
            version.to_string()
        })
    };
    let nuget = row.get("float_aware_latest").unwrap_or(&row["latest"]).as_str();
    let mended = nuget.zip(excluded_bound(written)).filter(|(nuget, bound)| is_prerelease_of(nuget, bound));
    match mended {
        None => assert_eq!(newest(&range).as_deref(), nuget, "{row}"),
        Some((_, bound)) => {
            // NuGet itself needs `2.0-0` for the bound that we take `2.0` for.
            let spelled_out = written.replace(bound, &format!("{}-0", bound.trim()));
            assert_eq!(newest(&range), newest(&Range::parse(&spelled_out).unwrap()), "{row}");
        }
    }
    mended.is_some()
}

fn excluded_bound(range: &str) -> Option<&str> {
    range.trim().strip_suffix(')')?.split_once(',').map(|(_, max)| max)
}

fn is_prerelease_of(version: &str, bound: &str) -> bool {
    let (Some(version), Some(bound)) = (Version::parse(version), Version::parse(bound)) else { return false };
    version.is_prerelease() && !bound.is_prerelease() && version.numbers() == bound.numbers()
}

fn list(path: &Path) -> Vec<String> {
    let file = read(path);
    let (entries, key) = match file.get("versions") {
        Some(versions) => (versions, None),
        None => (&file, Some("name")),
    };
    let spelling = |entry: &Value| key.map_or(entry, |key| &entry[key]).as_str().unwrap().to_owned();
    entries.as_array().unwrap().iter().map(spelling).collect()
}
