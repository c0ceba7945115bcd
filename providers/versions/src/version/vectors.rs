//! NuGet's own test vectors for versions.

use std::cmp::Ordering;

use super::Version;
use crate::vectors::{each, folder, read, text};

fn parse(text: &str) -> Version<'_> {
    Version::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"))
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn versions_normalise_as_nuget_normalises_them() {
    each("version_normalized", 43, |row| {
        let version = parse(text(row, "version"));
        assert_eq!(version.to_string(), text(row, "normalized"), "{row}");
        assert_eq!(version.is_prerelease(), row["prerelease"], "{row}");
    });
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn versions_that_nuget_refuses_are_refused() {
    each("version_invalid", 41, |row| assert!(Version::parse(text(row, "version")).is_none(), "{row}"));
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn versions_are_ordered_as_nuget_orders_them() {
    each("version_order", 21, |row| assert!(parse(text(row, "lower")) < parse(text(row, "higher")), "{row}"));
    each("version_compare_computed", 267, |row| {
        let expected = row["compare"].as_i64().unwrap().cmp(&0);
        assert_eq!(parse(text(row, "a")).cmp(&parse(text(row, "b"))), expected, "{row}");
        assert_eq!(parse(text(row, "b")).cmp(&parse(text(row, "a"))), expected.reverse(), "{row}");
    });
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn versions_are_equal_where_nuget_says_so() {
    each("version_equal", 14, |row| assert_eq!(parse(text(row, "a")), parse(text(row, "b")), "{row}"));
    each("version_not_equal", 4, |row| assert_ne!(parse(text(row, "a")), parse(text(row, "b")), "{row}"));
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn versions_are_read_or_refused_as_nuget_does() {
    each("version_parse_computed", 16, |row| {
        let normalised = Version::parse(text(row, "version")).map(|version| version.to_string());
        assert_eq!(normalised.as_deref(), row["normalized"].as_str(), "{row}");
    });
    each("semver_strict", 57, |row| {
        assert_eq!(Version::parse(text(row, "version")).is_some(), row["nuget_valid"], "{row}");
    });
    each("nuget_strict", 4, |row| {
        parse(text(row, "version"));
    });
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_semver_list_reads_as_nuget_reads_it() {
    let list = read(folder().join("semver/semver_regex_list.json"));
    let versions = list["versions"].as_array().unwrap();
    assert!(!versions.is_empty());
    for row in versions {
        let version = Version::parse(text(row, "version"));
        assert_eq!(version.is_some(), row["nuget_valid"], "{row}");
        assert_eq!(version.map(|version| version.to_string()).as_deref(), row["nuget_normalized"].as_str(), "{row}");
    }
    for chain in list["precedence_chains"].as_array().unwrap() {
        let chain: Vec<_> = chain.as_array().unwrap().iter().map(|text| parse(text.as_str().unwrap())).collect();
        assert!(chain.windows(2).all(|pair| pair[0].cmp(&pair[1]) == Ordering::Less), "{chain:?}");
    }
}
