//! Extensions on the Visual Studio Marketplace, for Visual Studio, Visual Studio Code and Azure DevOps.

use badgesmith_provider::{Badge, Call, Failure, Request, Step, color, format::stars};
use serde_json::{Value, json};

use crate::{
    failures::not_found,
    reading::{self, age, at, downloads, list, string},
};

/// The flags of the query: versions with their properties, statistics, and only the newest version of each platform.
const FLAGS: u32 = 402;
/// The property of a version that is a prerelease.
const PRERELEASE: &str = "Microsoft.VisualStudio.Code.PreRelease";

/// The badge of the name, without `marketplace-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let extension = extension(call)?;
    let statistic = |name| statistic(&extension, name);
    Ok(match name {
        "version" => reading::version(version(&extension, call.flag("include_prereleases"))?),
        "installs" => downloads(statistic("install"), "").label("installs"),
        "downloads" => downloads(statistic("install") + statistic("updateCount"), "").label("downloads"),
        "azure-devops" => {
            let installs = match call.param("measure") {
                "total" => statistic("onpremDownloads") + statistic("install"),
                "services" => statistic("install"),
                "onprem" => statistic("onpremDownloads"),
                _ => return Err(Failure::invalid_parameter("PARAMETER_INVALID", "measure", "invalid measure").into()),
            };
            downloads(installs, "")
        }
        "rating" | "stars" => {
            let (rating, count) = (statistic("averagerating"), statistic("ratingcount"));
            if count < 1.0 {
                return Ok(Badge::new("no ratings").color("lightgrey"));
            }
            let shown = if name == "stars" { stars(rating, 5) } else { format!("{rating:.1}/5 ({count})") };
            Badge::new(shown).color(color::floor_count(rating, [2.0, 3.0, 4.0]))
        }
        "last-updated" => age(&extension, "/lastUpdated", call.now)?,
        _ => age(&extension, "/releaseDate", call.now)?,
    })
}

fn extension(call: &Call) -> Result<Value, Step> {
    let body = json!({
        "filters": [{ "criteria": [{ "filterType": 7, "value": call.param("extension") }] }],
        "flags": FLAGS,
    });
    let request = Request::post(call.setting("marketplace"), "_apis/public/gallery/extensionquery/", [""; 0], body);
    let answer = call.fetch(request.safe().accept("application/json;api-version=3.0-preview.1"))?;
    if answer.status == 400 {
        return Err(Failure::invalid_parameter("PARAMETER_INVALID", "extension", "invalid extension id").into());
    }
    let found: Value = answer.json()?;
    let extension = list(&found, "/results/0/extensions")?.first().ok_or_else(|| not_found("extension not found"))?;
    Ok(extension.clone())
}

/// A statistic; 0 for a new extension, which has none yet.
fn statistic(extension: &Value, name: &str) -> f64 {
    let statistics = at(extension, "/statistics").as_array().into_iter().flatten();
    let mut found = statistics.filter(|statistic| at(statistic, "/statisticName") == name);
    found.next().and_then(|statistic| at(statistic, "/value").as_f64()).unwrap_or_default()
}

fn version(extension: &Value, prerelease: bool) -> Result<&str, Failure> {
    let versions = list(extension, "/versions")?;
    let is_stable = |version: &&Value| {
        let mut properties = at(version, "/properties").as_array().into_iter().flatten();
        !properties.any(|property| at(property, "/key") == PRERELEASE && at(property, "/value") == "true")
    };
    let stable = versions.iter().find(is_stable).filter(|_| !prerelease);
    let version = stable.or_else(|| versions.first()).ok_or_else(Failure::invalid_response)?;
    string(version, "/version")
}
