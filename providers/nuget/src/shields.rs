//! The badges with the addresses, messages and colours that they have at shields.io.
//!
//! `/nuget/v`, `/nuget/vpre` and `/nuget/dt` are used in many READMEs. The rules are those of shields'
//! `services/nuget`, except that unlisted versions are never shown.

use badgesmith_provider::{
    Badge, Call, Step, color,
    format::{add_v, metric},
};
use badgesmith_versions::Version;

use crate::{
    failures::version_not_found,
    feed::Feed,
    id::PackageId,
    listed::{fetch_index, newest_listed},
    search,
};

/// The newest version, with a leading `v`: the newest stable one, or the newest of all if `prereleases` is set or there
/// is no stable one.
pub(crate) fn version(call: &Call, id: &PackageId, prereleases: bool) -> Result<Badge, Step> {
    let feed = Feed::find(call)?;
    let index = fetch_index(call, &feed, id)?;
    let is_stable = |text: &str| Version::parse(text).is_some_and(|version| !version.is_prerelease());
    let prereleases = prereleases || !index.versions().rev().any(is_stable);
    let newest = newest_listed(call, &feed, id, &index, None, prereleases)?;
    let version = newest.ok_or_else(version_not_found)?.to_string();
    Ok(Badge::new(add_v(&version)).color(color::version(&version)))
}

/// The downloads of all versions together, in a colour from red for none to bright green for 1000 and more.
pub(crate) fn downloads(call: &Call, id: &PackageId) -> Result<Badge, Step> {
    let downloads = search::downloads(call, id)? as f64;
    Ok(Badge::new(metric(downloads)).color(color::downloads(downloads)))
}
