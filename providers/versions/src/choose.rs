//! Chooses the versions of a list that a badge may show, the best one first.

use crate::{range::Range, version::Version};

#[cfg(test)]
mod vectors;

/// A version that a badge may show.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The version.
    pub version: Version<'a>,
    /// The text of the version in the list.
    pub spelling: &'a str,
}

/// The versions in the range, each with its spelling in the list, the newest first; without prereleases unless
/// `prerelease` is set.
///
/// An entry that is not a version is left out, so that one odd entry in a feed does not break the badge. Two spellings
/// of one version are one candidate, with the spelling that comes first in the list.
///
/// ```
/// let found = badgesmith_versions::candidates(["1.0", "latest", "1.0.0", "1.1-rc"].into_iter(), None, false);
/// assert_eq!(found.iter().map(|found| found.spelling).collect::<Vec<_>>(), ["1.0"]);
/// ```
pub fn candidates<'a>(
    versions: impl Iterator<Item = &'a str>,
    range: Option<&Range<'_>>,
    prerelease: bool,
) -> Vec<Candidate<'a>> {
    let mut candidates: Vec<_> = versions
        .filter_map(|spelling| Some(Candidate { version: Version::parse(spelling)?, spelling }))
        .filter(|candidate| prerelease || !candidate.version.is_prerelease())
        .filter(|candidate| range.is_none_or(|range| range.satisfied_by(&candidate.version)))
        .collect();
    candidates.sort_by(|left, right| right.version.cmp(&left.version));
    candidates.dedup_by_key(|candidate| candidate.version);
    candidates
}

/// The first of the [`candidates`], found without sorting them.
///
/// The list is read from its end, and an entry is parsed only if its numbers are not below those of the best one so
/// far: feeds list the newest version last, so nearly no entry is parsed.
///
/// ```
/// let found = badgesmith_versions::newest(["1.9", "1.10", "2.0-rc"].into_iter(), None, false);
/// assert_eq!(found.map(|found| found.spelling), Some("1.10"));
/// ```
pub fn newest<'a>(
    versions: impl DoubleEndedIterator<Item = &'a str>,
    range: Option<&Range<'_>>,
    prerelease: bool,
) -> Option<Candidate<'a>> {
    let mut best: Option<Candidate<'a>> = None;
    for spelling in versions.rev() {
        if best.is_some_and(|best| best.version.is_surely_above(spelling)) {
            continue;
        }
        let Some(version) = Version::parse(spelling) else { continue };
        // The list is read backwards, so if it has two spellings of a version, the first spelling is found last, and
        // counts.
        if best.is_none_or(|best| version >= best.version)
            && (prerelease || !version.is_prerelease())
            && range.is_none_or(|range| range.satisfied_by(&version))
        {
            best = Some(Candidate { version, spelling });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(versions: &str, range: &str, prerelease: bool, expected: &[&str]) {
        let range = Range::parse(range).unwrap();
        let found = candidates(versions.split(' '), Some(&range), prerelease);
        let spellings: Vec<_> = found.iter().map(|found| found.spelling).collect();
        assert_eq!(spellings, expected);
    }

    #[test]
    fn candidates_come_newest_first_whatever_the_lists_order() {
        check("1.0.0 1.10.0 1.9.0", "", false, &["1.10.0", "1.9.0", "1.0.0"]);
        check("2.0.0-rc 2.0.0 10.0.0", "", true, &["10.0.0", "2.0.0", "2.0.0-rc"]);
    }

    #[test]
    fn prereleases_are_shown_only_when_asked_for() {
        check("1.0.0 2.0.0-rc", "", false, &["1.0.0"]);
        check("1.0.0 2.0.0-rc", "", true, &["2.0.0-rc", "1.0.0"]);
        check("1.0.0-beta 1.0.0", "1.0.0-*", false, &["1.0.0"]);
    }

    #[test]
    fn candidates_lie_in_the_range() {
        check("1.0.0 1.5.0 2.0.0-rc 2.0.0", "[1.0,2.0)", true, &["1.5.0", "1.0.0"]);
        check("2.0.0", "1.*", true, &[]);
    }

    #[test]
    fn an_entry_that_is_no_version_is_left_out() {
        check("latest 1.0.0 v2 sha256:00", "", true, &["1.0.0"]);
    }

    #[test]
    fn two_spellings_of_one_version_are_one_candidate() {
        check("1.0 1.0.0 1.0.0.0 1.0.0+a", "", true, &["1.0"]);
        check("1.0.0-RC 1.0.0-rc", "", true, &["1.0.0-RC"]);
    }

    #[test]
    fn without_a_range_every_version_is_a_candidate() {
        assert_eq!(candidates(["1.0.0", "0.1.0"].into_iter(), None, false).len(), 2);
    }

    const VERSION: &str =
        "[0-2]{1,2}( ?\\.[0-2]){0,4}(-(0|10?|[abAB-]{1,2})(\\.(0|10?|[ab]))?)?(\\+[a.]{1,2})?|latest|";
    const RANGE: &str = "|[0-2](\\.[0-2*])?|[\\[(][0-1],[1-2](-a)?[)\\]]|\\*-\\*|1\\.0-b\\*";

    proptest! {
        #[test]
        fn the_newest_version_is_the_first_candidate(
            versions in prop::collection::vec(VERSION, 0..12), range in RANGE, prerelease in any::<bool>()
        ) {
            let range = Range::parse(&range);
            let versions = || versions.iter().map(String::as_str);
            let spelling = |found: Candidate<'_>| (found.version.to_string(), found.spelling.to_owned());
            let first = candidates(versions(), range.as_ref(), prerelease).first().copied().map(spelling);
            prop_assert_eq!(newest(versions(), range.as_ref(), prerelease).map(spelling), first);
        }
    }
}
