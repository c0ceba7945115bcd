//! Packages whose badges combine several values: Clojars, CTAN, jsDelivr, packages of third-party NuGet feeds.

use badgesmith_provider::{Badge, Call, Failure, Request, Step, color};
use serde_json::Value;

use crate::{
    failures::{json, not_found},
    reading::{self, at, count, downloads, list, string},
};

/// The badge of the name, without `packages-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    match name {
        "clojars-version" => clojars(call, call.flag("include_prereleases") || call.param("prerelease") == "true"),
        "clojars-downloads" => Ok(downloads(count(&artifact(call)?, "/downloads")? as f64, "")),
        "ctan" => ctan(call),
        "myget-downloads" => myget_downloads(call),
        _ => myget(call),
    }
}

fn artifact(call: &Call) -> Result<Value, Step> {
    let request = Request::get(call.setting("clojars"), "api/artifacts", [""; 0]).join(call.param("artifact"));
    Ok(json(call.fetch(request)?, "not found")?)
}

/// The version as Leiningen writes a dependency: `[acme/rocket "1.2.0"]`.
fn clojars(call: &Call, prerelease: bool) -> Result<Badge, Step> {
    let artifact = artifact(call)?;
    let release = at(&artifact, "/latest_release").as_str().filter(|version| !prerelease && !version.is_empty());
    let version = release.map_or_else(|| string(&artifact, "/latest_version"), Ok)?;
    Ok(Badge::new(format!("[{} \"{version}\"]", call.param("artifact"))).color(color::version(version)))
}

/// The version of a package for TeX, or the day of its release where it has no number.
fn ctan(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("ctan"), "json/2.0/pkg/{}", [call.param("package")]);
    let package = json(call.fetch(request)?, "not found")?;
    match (string(&package, "/version/number")?, string(&package, "/version/date")?) {
        ("", "") => Err(Failure::invalid_response().because("neither a number nor a date").into()),
        ("", date) => Ok(Badge::new(date).color("blue")),
        (number, _) => Ok(reading::version(number)),
    }
}

/// A package on a feed of MyGet. The feed's service index contains the address of its search, which must belong to the
/// feed itself.
fn myget_package(call: &Call) -> Result<Value, Step> {
    let feed = call.param("feed");
    let request = Request::get(call.setting("myget"), "F/{}/api/v3/index.json", [feed]);
    let index = json(call.fetch(request)?, "feed not found")?;
    let mut resources = list(&index, "/resources")?.iter();
    let search = resources.find(|resource| at(resource, "/@type") == "SearchQueryService");
    let search = search.ok_or_else(|| Failure::invalid_response().because("no SearchQueryService"))?;
    let package = call.param("package").to_lowercase();
    let request = Request::get(string(search, "/@id")?, "", [""; 0]).query("q", format!("packageid:{package}"));
    let found = json(call.fetch(request.query("prerelease", "true").query("semVerLevel", "2"))?, "not found")?;
    Ok(list(&found, "/data")?.first().ok_or_else(|| not_found("package not found"))?.clone())
}

fn myget(call: &Call) -> Result<Badge, Step> {
    let package = myget_package(call)?;
    let mut versions = Vec::new();
    for found in list(&package, "/versions")? {
        // Build metadata is not part of the version.
        versions.push(string(found, "/version")?.split('+').next().unwrap_or_default());
    }
    let is_stable = |version: &&&str| !version.contains('-');
    let stable = versions.iter().rev().find(is_stable).filter(|_| call.param("which") != "vpre");
    let version = stable.or(versions.last()).ok_or_else(|| not_found("package not found"))?;
    Ok(reading::version(version).label(call.param("feed")))
}

fn myget_downloads(call: &Call) -> Result<Badge, Step> {
    let package = myget_package(call)?;
    let total = ["/totalDownloads", "/totaldownloads"].into_iter().find_map(|pointer| at(&package, pointer).as_f64());
    Ok(downloads(total.unwrap_or_default(), ""))
}
