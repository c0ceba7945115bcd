//! Recorded lists of versions, with the newest version for many ranges as NuGet's own code computed it.

use super::candidates;
use crate::{
    range::Range,
    vectors::{each_latest, text},
};

/// The feeds whose rows are in `<feed>/expected-latest`.
const FEEDS: [&str; 2] = ["nuget", "github-packages"];

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_newest_version_of_a_list_is_what_nuget_computes_but_for_the_excluded_bound() {
    let mut differing = 0;
    let rows = FEEDS.map(|feed| {
        each_latest(feed, |versions, row, expected| {
            let range = Range::parse(text(row, "version"));
            assert_eq!(range.is_some(), expected.is_some(), "{row}");
            let (Some(range), Some(expected)) = (range, expected) else { return };
            differing += usize::from(expected.differs_from_nuget);
            let versions = versions.iter().map(String::as_str);
            let found = candidates(versions, Some(&range), row["prerelease"] == true);
            let newest = found.first().map(|newest| {
                assert_eq!(newest.version.to_string(), newest.spelling, "these lists are normalised: {row}");
                newest.spelling
            });
            assert_eq!(newest, expected.newest.as_deref(), "{row}");
        })
    });
    assert!(rows.iter().sum::<usize>() >= 2_520, "{rows:?} rows");
    assert_eq!(differing, 31, "rows whose answer in NuGet is a prerelease of the excluded bound");
}
