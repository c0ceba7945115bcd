//! Finds the newest version of a package that its feed lists.

use badgesmith_provider::{Call, Step};
use badgesmith_versions::{Candidate, Range, Version, candidates, newest};

use crate::{failures::package_not_found, feed::Feed, id::PackageId, index::PackageIndex, leaf};

/// The list of a package's versions.
///
/// # Errors
/// The step that requests it, or the failure of its answer: `PACKAGE_NOT_FOUND` if the feed has no such package.
pub(crate) fn fetch_index<'a>(call: &'a Call, feed: &Feed, id: &PackageId) -> Result<PackageIndex<'a>, Step> {
    let answer = call.fetch(feed.packages.index_request(id))?;
    if answer.is_missing() {
        return Err(package_not_found().into());
    }
    Ok(PackageIndex::read(answer)?)
}

/// The newest listed version in the range. If the feed does not say which versions are listed, all of them count as
/// listed.
///
/// The leaf of the newest version is fetched alone first, because that version is nearly always listed. If it is not,
/// the leaves of all other versions are fetched at once, so that a package with many unlisted versions takes only one
/// more turn and not one for each version. The versions are sorted only in that case.
///
/// # Errors
/// The step that requests leaves, or the failure of a leaf.
pub(crate) fn newest_listed<'a>(
    call: &Call,
    feed: &Feed,
    id: &PackageId,
    index: &'a PackageIndex,
    range: Option<&Range<'_>>,
    prerelease: bool,
) -> Result<Option<Version<'a>>, Step> {
    let Some(Candidate { version, .. }) = newest(index.versions(), range, prerelease) else { return Ok(None) };
    let Some(registrations) = &feed.registrations else { return Ok(Some(version)) };
    if leaf::is_listed(call.fetch(registrations.leaf_request(id, &version))?)? {
        return Ok(Some(version));
    }
    let candidates = candidates(index.versions(), range, prerelease);
    let others = candidates.iter().take(feed.leaves).skip(1).map(|candidate| candidate.version);
    let leaves = call.fetch_all(others.clone().map(|version| registrations.leaf_request(id, &version)))?;
    for (version, leaf) in others.zip(leaves) {
        if leaf::is_listed(leaf)? {
            return Ok(Some(version));
        }
    }
    Ok(None)
}
