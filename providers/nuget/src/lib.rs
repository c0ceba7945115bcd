//! The NuGet provider: the newest version of a package as a badge, and how often it was downloaded.

mod feed;
mod id;
mod index;
mod leaf;
mod search;
mod shields;

#[cfg(test)]
mod tests;

use badgesmith_provider::{Badge, Call, Failure, Provider, Step};
use badgesmith_versions::{Range, Version, candidates};

use crate::{feed::Feed, id::PackageId, index::Index};

badgesmith_provider::export!(Nuget, include_str!("../manifest.json"));

struct Nuget;

impl Provider for Nuget {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let id = PackageId::parse(call.param("package")).ok_or_else(package_not_found)?;
        match call.name.as_str() {
            "shields-v" => shields::version(call, &id, false),
            "shields-vpre" => shields::version(call, &id, true),
            "shields-dt" => shields::downloads(call, &id),
            _ => version(call, &id),
        }
    }
}

fn version(call: &Call, id: &PackageId) -> Result<Badge, Step> {
    let range = call.query("version").map(range).transpose()?;
    let feed = Feed::find(call)?;
    let index = versions(call, &feed, id)?;
    let candidates = candidates(index.versions(), range.as_ref(), call.flag("prerelease"));
    let version = newest_listed(call, &feed, id, &candidates)?.ok_or_else(version_not_found)?;
    Ok(Badge::new(version.to_string()).color(if version.is_prerelease() { "orange" } else { "blue" }))
}

/// The list of a package's versions.
fn versions<'a>(call: &'a Call, feed: &Feed, id: &PackageId) -> Result<Index<'a>, Step> {
    let answer = call.fetch(feed.packages.index(id))?;
    if answer.is_missing() {
        return Err(package_not_found().into());
    }
    Ok(answer.json()?)
}

/// The first of the candidates that is listed.
///
/// The best one is asked alone, because nearly always it is the answer; then the others all at once, so that a package
/// with many unlisted versions takes one round more and not one for each.
fn newest_listed<'a>(
    call: &Call,
    feed: &Feed,
    id: &PackageId,
    candidates: &[(Version<'a>, &str)],
) -> Result<Option<Version<'a>>, Step> {
    let Some(registrations) = &feed.registrations else {
        return Ok(candidates.first().map(|(version, _)| *version));
    };
    let candidates = &candidates[..candidates.len().min(feed.leaves)];
    let (best, others) = candidates.split_at(candidates.len().min(1));
    for candidates in [best, others] {
        let leaves = call.fetch_all(candidates.iter().map(|(version, _)| registrations.leaf(id, version)))?;
        for ((version, _), leaf) in candidates.iter().zip(leaves) {
            if leaf::is_listed(leaf)? {
                return Ok(Some(*version));
            }
        }
    }
    Ok(None)
}

fn range(text: &str) -> Result<Range<'_>, Failure> {
    Range::parse(text)
        .ok_or_else(|| Failure::invalid_parameter("PACKAGE_RANGE_INVALID", "version", "invalid version range"))
}

fn package_not_found() -> Failure {
    Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package")
}

fn version_not_found() -> Failure {
    Failure::not_found("VERSION_NOT_FOUND", "version not found").about("version")
}
