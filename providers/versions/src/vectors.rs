//! Recorded test vectors, which are no part of the project: `BADGESMITH_RECORDED` names the folder that has them.
//!
//! Only tests come here, so what is missing or odd panics.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Range, Version, candidates};

/// The folder of test vectors; without one the test that asks says so and passes.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BADGESMITH_RECORDED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: BADGESMITH_RECORDED is unset, so there are no vectors to test with");
    }
    folder
}

/// One JSON file of that folder.
pub fn read(path: impl Into<PathBuf>) -> Value {
    let path = path.into();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a check on each row of one section of NuGet's own vectors; a section that shrank fails.
#[track_caller]
pub fn each(section: &str, at_least: usize, check: impl Fn(&Value)) {
    let Some(folder) = folder() else { return };
    let vectors = read(folder.join("nuget-versioning/nuget_version_vectors.json"));
    let rows = vectors[section].as_array().unwrap();
    assert!(rows.len() >= at_least, "{section} has {} rows", rows.len());
    rows.iter().for_each(check);
}

/// A row's text by its key.
pub fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{row} has no text {key}"))
}

/// The right answer to a row of `expected-latest`.
pub struct Truth {
    /// The newest version that satisfies the row, normalised.
    pub newest: Option<String>,
    /// Whether the contract's rule on excluded bounds makes it another than NuGet's.
    pub is_mended: bool,
}

/// Runs a check on each row of a feed's `expected-latest`, with the list it is about and the right answer; `None` for
/// a range that must be refused. Returns how many rows there were.
#[track_caller]
pub fn each_latest(feed: &str, mut check: impl FnMut(&[String], &Value, Option<Truth>)) -> usize {
    let Some(folder) = folder() else { return 0 };
    let feed = folder.join(feed);
    let mut rows = 0;
    for file in std::fs::read_dir(feed.join("expected-latest")).unwrap() {
        let file = read(file.unwrap().path());
        let versions = list(&feed.join(text(&file, "list")));
        for row in file["rows"].as_array().unwrap() {
            rows += 1;
            check(&versions, row, truth(&versions, row));
        }
    }
    rows
}

fn truth(versions: &[String], row: &Value) -> Option<Truth> {
    if row["result"] == "invalid-range" {
        return None;
    }
    let range = text(row, "version");
    let nuget = row.get("float_aware_latest").unwrap_or(&row["latest"]).as_str();
    let mended = nuget.zip(excluded_bound(range)).filter(|(nuget, bound)| is_prerelease_of(nuget, bound));
    let newest = match mended {
        None => nuget.map(str::to_owned),
        Some((_, bound)) => {
            // NuGet itself needs `2.0-0` for the bound that we take `2.0` for.
            let spelled_out = range.replace(bound, &format!("{}-0", bound.trim()));
            let range = Range::parse(&spelled_out).unwrap();
            let versions = versions.iter().map(String::as_str);
            let found = candidates(versions, Some(&range), row["prerelease"] == true);
            found.first().map(|(version, _)| version.to_string())
        }
    };
    Some(Truth { newest, is_mended: mended.is_some() })
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
