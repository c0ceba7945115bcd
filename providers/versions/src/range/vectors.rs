//! NuGet's own test vectors for ranges, and the two cases in which our ranges differ on purpose.

use std::ops::Bound;

use serde_json::Value;

use super::Range;
use crate::{
    vectors::{each, text},
    version::Version,
};

fn parse(text: &str) -> Range<'_> {
    Range::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"))
}

fn version(text: &str) -> Version<'_> {
    Version::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"))
}

/// NuGet's `Satisfies`, which considers only the bounds.
fn nuget_satisfies(range: &Range<'_>, version: &Version<'_>) -> bool {
    let below_max = match &range.max {
        Bound::Included(max) => version <= max,
        Bound::Excluded(max) => version < max,
        Bound::Unbounded => true,
    };
    range.above_min(version) && below_max
}

/// NuGet's name for the way a range floats.
fn float_behavior(range: &Range<'_>) -> Option<&'static str> {
    let float = range.float?;
    Some(match (float.fixed, float.prefix) {
        (0, None) => "Major",
        (1, None) => "Minor",
        (2, None) => "Patch",
        (_, None) => "Revision",
        (0, Some("")) => "AbsoluteLatest",
        (0, Some(_)) => "PrereleaseMajor",
        (1, Some(_)) => "PrereleaseMinor",
        (2, Some(_)) => "PrereleasePatch",
        (3, Some(_)) => "PrereleaseRevision",
        (_, Some(_)) => "Prerelease",
    })
}

#[track_caller]
fn check_bound(bound: &Bound<Version<'_>>, expected: Option<&str>, inclusive: &Value, row: &Value) {
    let (found, included) = match bound {
        Bound::Included(version) => (Some(version.to_string()), true),
        Bound::Excluded(version) => (Some(version.to_string()), false),
        Bound::Unbounded => (None, false),
    };
    assert_eq!(found.as_deref(), expected, "{row}");
    assert!(found.is_none() || included == *inclusive, "{row}");
}

fn check_parts(row: &Value) {
    let range = parse(text(row, "range"));
    let parsed = &row["parsed"];
    // Our lower bound of `beta.*` is `beta`, as `lower` explains.
    let min = parsed["min"].as_str().map(|min| {
        let dotted = range.float.and_then(|float| float.prefix).is_some_and(|prefix| prefix.ends_with('.'));
        min.strip_suffix(".0").filter(|_| dotted).unwrap_or(min)
    });
    check_bound(&range.min, min, &parsed["min_inclusive"], row);
    check_bound(&range.max, parsed["max"].as_str(), &parsed["max_inclusive"], row);
    assert_eq!(float_behavior(&range), parsed["float_behavior"].as_str(), "{row}");
    assert_eq!(parse(text(row, "normalized")), range, "{row}");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn ranges_have_the_bounds_and_the_float_that_nuget_reads() {
    each("range_valid_normalized", 15, check_parts);
    each("range_pretty", 27, check_parts);
    each("float_range_min", 15, check_parts);
    // Four rows have bounds as they were written; `parsed` has them in normalised form.
    each("range_parts", 4, check_parts);
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_lowest_version_of_a_float_satisfies_it() {
    each("float_range_min", 15, |row| {
        assert!(parse(text(row, "range")).satisfied_by(&version(text(row, "min_normalized"))), "{row}");
    });
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn ranges_that_nuget_refuses_are_refused() {
    each("range_invalid", 30, |row| assert!(Range::parse(text(row, "range")).is_none(), "{row}"));
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn ranges_are_equal_where_nuget_says_so() {
    each("range_equal", 6, |row| {
        assert_eq!(parse(text(row, "a")) == parse(text(row, "b")), row["equal"], "{row}");
    });
}

/// Our ranges are stricter than NuGet's for a float and for a prerelease of an excluded stable bound, and nowhere else.
#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn ranges_are_satisfied_as_in_nuget_but_for_two_stricter_cases() {
    let check = |row: &Value| {
        let (range, version) = (parse(text(row, "range")), version(text(row, "version")));
        assert_eq!(nuget_satisfies(&range, &version), row["satisfies"], "{row}");
        if range.satisfied_by(&version) != row["satisfies"] {
            let of_excluded_bound = matches!(&range.max, Bound::Excluded(max)
                if !max.is_prerelease() && version.is_prerelease() && version.numbers() == max.numbers());
            assert!(!range.satisfied_by(&version), "{row}");
            assert!(of_excluded_bound || range.float.is_some(), "{row}");
        }
    };
    each("range_satisfies", 27, check);
    each("range_satisfies_computed", 163, check);
}

/// NuGet falls back to the lowest version within the bounds if none matches the float; a badge then shows no version.
const FALLBACKS: [(&str, &str); 3] = [("[1.0.*, )", "101.0.0"), ("1.*", "2.0.0"), ("1.0.0-*", "1.0.1-alpha01")];

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_best_match_of_a_float_is_nugets_but_for_its_fallbacks() {
    each("range_find_best", 40, |row| {
        let range = parse(text(row, "range"));
        assert!(range.float.is_some(), "NuGet takes the lowest version of a range that does not float: {row}");
        let versions = row["versions"].as_array().unwrap().iter().filter_map(Value::as_str);
        let best = crate::choose::candidates(versions, Some(&range), true).first().map(|newest| newest.spelling);
        let expected = row["best"].as_str().filter(|best| !FALLBACKS.contains(&(text(row, "range"), best)));
        assert_eq!(best, expected, "{row}");
    });
}
