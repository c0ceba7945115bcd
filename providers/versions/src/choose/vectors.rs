//! The newest version of recorded lists for many ranges, computed with NuGet's own code.

use super::candidates;
use crate::range::Range;
use crate::vectors::{each_latest, folder, text};

/// Feeds whose rows lie under `<feed>/expected-latest`.
const FEEDS: [&str; 2] = ["nuget", "github-packages"];

#[test]
fn the_newest_version_of_a_list_is_what_nuget_computes_but_for_the_mended_bound() {
    if folder().is_none() {
        return;
    }
    let mut mended = 0;
    let rows = FEEDS.map(|feed| {
        each_latest(feed, |versions, row, truth| {
            let range = Range::parse(text(row, "version"));
            assert_eq!(range.is_some(), truth.is_some(), "{row}");
            let (Some(range), Some(truth)) = (range, truth) else { return };
            mended += usize::from(truth.is_mended);
            let versions = versions.iter().map(String::as_str);
            let found = candidates(versions, Some(&range), row["prerelease"] == true);
            let newest = found.first().map(|(version, spelling)| {
                assert_eq!(version.to_string(), *spelling, "these lists are normalised: {row}");
                *spelling
            });
            assert_eq!(newest, truth.newest.as_deref(), "{row}");
        })
    });
    assert!(rows.iter().sum::<usize>() >= 2_520, "{rows:?} rows");
    assert_eq!(mended, 31, "rows whose answer in NuGet is a prerelease of the excluded bound");
}
