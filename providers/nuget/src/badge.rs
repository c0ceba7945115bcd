//! The badge `/badges/packages/nuget/{package}`: the newest version in a range.

use badgesmith_provider::{Badge, Call, Failure, Step};
use badgesmith_versions::Range;

use crate::{
    failures::version_not_found,
    feed::Feed,
    id::PackageId,
    listed::{fetch_index, newest_listed},
};

/// The newest listed version in the range of the query, without prereleases unless the query has `prerelease`.
pub(crate) fn version(call: &Call, id: &PackageId) -> Result<Badge, Step> {
    let range = call.query("version").map(range).transpose()?;
    let feed = Feed::find(call)?;
    let index = fetch_index(call, &feed, id)?;
    let newest = newest_listed(call, &feed, id, &index, range.as_ref(), call.flag("prerelease"))?;
    let version = newest.ok_or_else(version_not_found)?;
    Ok(Badge::new(version.to_string()).color(if version.is_prerelease() { "orange" } else { "blue" }))
}

fn range(text: &str) -> Result<Range<'_>, Failure> {
    Range::parse(text)
        .ok_or_else(|| Failure::invalid_parameter("PACKAGE_RANGE_INVALID", "version", "invalid version range"))
}
