//! What a feed's search knows of a package.

use badgesmith_provider::{Call, Step};
use serde::Deserialize;
use serde_json::Value;

use crate::{feed::Feed, id::PackageId, package_not_found};

/// <https://learn.microsoft.com/en-us/nuget/api/search-query-service-resource#response>
#[derive(Deserialize)]
struct Found {
    data: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    /// MyGet spells it without a capital.
    #[serde(rename = "totalDownloads", alias = "totaldownloads")]
    total: Option<Value>,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    downloads: Option<Value>,
}

/// How often a package was downloaded, all its versions together.
///
/// # Errors
/// The step that asks for the service index, or for the package; a failure if there is no such package.
pub(crate) fn downloads(call: &Call, id: &PackageId) -> Result<u64, Step> {
    let search = Feed::search(call)?;
    let answer = call.fetch(search.package(id))?;
    let found: Found = answer.json()?;
    let package = found.data.into_iter().find(|package| package.id.to_lowercase() == id.as_str());
    let package = package.ok_or_else(package_not_found)?;
    // A feed that does not say the sum says what it is the sum of.
    let each = package.versions.iter().filter_map(|version| number(version.downloads.as_ref()?));
    Ok(package.total.as_ref().and_then(number).unwrap_or_else(|| each.fold(0, u64::saturating_add)))
}

/// A number, or a text that is one: some feeds write all their numbers as texts.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
