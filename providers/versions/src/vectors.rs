//! Recorded test vectors. They are not part of the project: the environment variable `BADGESMITH_RECORDED` is the path
//! of their folder.
//!
//! Only tests use this module, so a missing or malformed file panics. A test that uses it has the attribute
//! `#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Range, Version, candidates};

/// The folder of recorded inputs.
///
/// # Panics
/// If `BADGESMITH_RECORDED` is not set.
#[track_caller]
pub fn folder() -> PathBuf {
    let Some(folder) = std::env::var_os("BADGESMITH_RECORDED") else {
        panic!("set BADGESMITH_RECORDED to the folder of recorded inputs, or run without --include-ignored");
    };
    folder.into()
}

/// Reads a JSON file.
pub fn read(path: impl Into<PathBuf>) -> Value {
    let path = path.into();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a check on each row of a section of NuGet's own test vectors, and fails if the section has fewer rows than
/// this.
#[track_caller]
pub fn each(section: &str, at_least: usize, check: impl Fn(&Value)) {
    let vectors = read(folder().join("nuget-versioning/nuget_version_vectors.json"));
    let rows = vectors[section].as_array().unwrap();
    assert!(rows.len() >= at_least, "{section} has {} rows", rows.len());
    rows.iter().for_each(check);
}

/// The text of a row under this key.
pub fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{row} has no text {key}"))
}

/// The expected result of a row of `expected-latest`.
pub struct ExpectedLatest {
    /// The newest version that satisfies the row, in normalised form.
    pub newest: Option<String>,
    /// Whether it differs from NuGet's own result, because our ranges leave out prereleases of an excluded upper bound.
    pub differs_from_nuget: bool,
}

/// Runs a check on each row of a feed's `expected-latest`, with the list of versions that the row is about and the
/// expected result, which is `None` for a range that must be refused. Returns the number of rows.
#[track_caller]
pub fn each_latest(feed: &str, mut check: impl FnMut(&[String], &Value, Option<ExpectedLatest>)) -> usize {
    let feed = folder().join(feed);
    let mut rows = 0;
    for file in std::fs::read_dir(feed.join("expected-latest")).unwrap() {
        let file = read(file.unwrap().path());
        let versions = list(&feed.join(text(&file, "list")));
        for row in file["rows"].as_array().unwrap() {
            rows += 1;
            check(&versions, row, expected(&versions, row));
        }
    }
    rows
}

fn expected(versions: &[String], row: &Value) -> Option<ExpectedLatest> {
    if row["result"] == "invalid-range" {
        return None;
    }
    let range = text(row, "version");
    let nuget = row.get("float_aware_latest").unwrap_or(&row["latest"]).as_str();
    let differing = nuget.zip(excluded_bound(range)).filter(|(nuget, bound)| is_prerelease_of(nuget, bound));
    let newest = match differing {
        None => nuget.map(str::to_owned),
        Some((_, bound)) => {
            // Our reading of the bound `2.0` is written `2.0-0` in NuGet.
            let spelled_out = range.replace(bound, &format!("{}-0", bound.trim()));
            let range = Range::parse(&spelled_out).unwrap();
            let versions = versions.iter().map(String::as_str);
            let found = candidates(versions, Some(&range), row["prerelease"] == true);
            found.first().map(|newest| newest.version.to_string())
        }
    };
    Some(ExpectedLatest { newest, differs_from_nuget: differing.is_some() })
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
