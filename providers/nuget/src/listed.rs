//! Finds the newest version of a package that its feed lists.

use badgesmith_provider::{Call, Step};
use badgesmith_versions::{Candidate, Version};

use crate::{failures::package_not_found, feed::Feed, id::PackageId, index::PackageIndex, leaf};

/// Fetches the list of a package's versions.
///
/// # Errors
/// The step that asks for it, or the failure of its answer: `PACKAGE_NOT_FOUND` if the feed has no such package.
pub(crate) fn fetch_index<'a>(call: &'a Call, feed: &Feed, id: &PackageId) -> Result<PackageIndex<'a>, Step> {
    let answer = call.fetch(feed.packages.index_request(id))?;
    if answer.is_missing() {
        return Err(package_not_found().into());
    }
    Ok(answer.json()?)
}

/// The first of the candidates that is listed. All of them are, if the feed does not say which are.
///
/// The leaf of the first candidate is fetched alone, because it is nearly always listed; then those of the others all
/// at once, so that a package with many unlisted versions takes one turn more and not one for each version.
///
/// # Errors
/// The step that asks for leaves, or the failure of a leaf.
pub(crate) fn newest_listed<'a>(
    call: &Call,
    feed: &Feed,
    id: &PackageId,
    candidates: &[Candidate<'a>],
) -> Result<Option<Version<'a>>, Step> {
    let Some(registrations) = &feed.registrations else {
        return Ok(candidates.first().map(|candidate| candidate.version));
    };
    let candidates = &candidates[..candidates.len().min(feed.leaves)];
    let (best, others) = candidates.split_at(candidates.len().min(1));
    for candidates in [best, others] {
        let leaves =
            call.fetch_all(candidates.iter().map(|candidate| registrations.leaf_request(id, &candidate.version)))?;
        for (candidate, leaf) in candidates.iter().zip(leaves) {
            if leaf::is_listed(leaf)? {
                return Ok(Some(candidate.version));
            }
        }
    }
    Ok(None)
}
