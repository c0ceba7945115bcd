//! The downloads of a package, from the search service of its feed.

use badgesmith_provider::{Call, Step};
use serde::Deserialize;
use serde_json::Value;

use crate::{failures::package_not_found, feed::Feed, id::PackageId};

/// <https://learn.microsoft.com/en-us/nuget/api/search-query-service-resource#response>
#[derive(Deserialize)]
struct SearchAnswer {
    data: Vec<FoundPackage>,
}

#[derive(Deserialize)]
struct FoundPackage {
    id: String,
    /// MyGet spells the field without a capital letter.
    #[serde(rename = "totalDownloads", alias = "totaldownloads")]
    total: Option<Value>,
    #[serde(default)]
    versions: Vec<FoundVersion>,
}

#[derive(Deserialize)]
struct FoundVersion {
    downloads: Option<Value>,
}

/// The downloads of all versions of a package together.
///
/// # Errors
/// The step that requests the service index or the package; `PACKAGE_NOT_FOUND` if there is no such package.
pub(crate) fn downloads(call: &Call, id: &PackageId) -> Result<u64, Step> {
    let search = Feed::find_search(call)?;
    let answer = call.fetch(search.search_request(id))?;
    let found: SearchAnswer = answer.json()?;
    let package = found.data.into_iter().find(|package| package.id.to_lowercase() == id.as_str());
    let package = package.ok_or_else(package_not_found)?;
    // A feed without a total states the downloads of each version.
    let each = package.versions.iter().filter_map(|version| number(version.downloads.as_ref()?));
    Ok(package.total.as_ref().and_then(number).unwrap_or_else(|| each.fold(0, u64::saturating_add)))
}

/// A number, which some feeds write as a string.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
