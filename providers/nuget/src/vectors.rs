//! Recorded test vectors, which are no part of the project: `BADGESMITH_DATA` names the folder that has them.

use std::path::PathBuf;

use serde_json::Value;

/// The folder of test vectors; without one the test that asks says so and passes.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BADGESMITH_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: BADGESMITH_DATA is unset, so there are no vectors to test with");
    }
    folder
}

/// One JSON file of that folder.
pub(crate) fn read(path: impl Into<PathBuf>) -> Value {
    let path = path.into();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a check on each row of one section of NuGet's own vectors; a section that shrank fails.
#[track_caller]
pub(crate) fn each(section: &str, at_least: usize, check: impl Fn(&Value)) {
    let Some(folder) = folder() else { return };
    let vectors = read(folder.join("nuget-versioning/nuget_version_vectors.json"));
    let rows = vectors[section].as_array().unwrap();
    assert!(rows.len() >= at_least, "{section} has {} rows", rows.len());
    rows.iter().for_each(check);
}

/// A row's text by its key.
pub(crate) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{row} has no text {key}"))
}
