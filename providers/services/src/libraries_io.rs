//! Packages on Libraries.io, which requires an API key of the operator.

use badgesmith_provider::{
    Auth, Badge, Call, Failure, Request, Step, color,
    format::{license, metric},
};
use serde_json::Value;

use crate::{
    failures::{json, lacks},
    reading::{at, count, list, string, version},
};

/// The badge of the name, without `libraries-io-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    match name {
        "release" => release(call),
        "repository" => {
            let request =
                request(call, "github/{}/{}/shields_dependencies", &["owner", "repo"].map(|name| call.param(name)));
            let counts = read(call, request, "repo not found")?;
            Ok(state(count(&counts, "/deprecated_count")?, count(&counts, "/outdated_count")?))
        }
        "bower-version" | "bower-license" => bower(call, name),
        _ => project(call, name),
    }
}

fn request(call: &Call, path: &str, parts: &[&str]) -> Request {
    let request = Request::get(call.setting("libraries-io"), path, parts.iter().copied());
    request.authorize(Auth::query("libraries-io", "*", "api_key").optional())
}

fn read(call: &Call, request: Request, missing: &str) -> Result<Value, Step> {
    let answer = call.fetch(request)?;
    if matches!(answer.status, 401 | 403) && !answer.is_authenticated() {
        return Err(Failure::inaccessible("SECRET_NOT_CONFIGURED", "token required").into());
    }
    Ok(json(answer, missing)?)
}

fn project(call: &Call, name: &str) -> Result<Badge, Step> {
    let request = request(call, "{}/{}", &["platform", "package"].map(|name| call.param(name)));
    let project = read(call, request, "package not found")?;
    let counted = |pointer: &str| {
        let number = count(&project, pointer)?;
        Ok(Badge::new(metric(number as f64)).color(if number == 0 { "orange" } else { "brightgreen" }))
    };
    match name {
        "dependents" => counted("/dependents_count"),
        "dependent-repos" => counted("/dependent_repos_count"),
        _ => {
            let rank = at(&project, "/rank").as_i64().ok_or_else(Failure::invalid_response)?;
            let color = color::scale(rank as f64, &[10.0, 15.0, 20.0, 25.0, 30.0], false);
            Ok(Badge::new(rank.to_string()).color(color))
        }
    }
}

/// The dependencies of a package: `rocket`, `@acme/rocket`, or one of these and a version.
fn release(call: &Call) -> Result<Badge, Step> {
    let path = call.param("package");
    let name_has = if path.starts_with('@') { 2 } else { 1 };
    let segments: Vec<_> = path.splitn(name_has + 1, '/').collect();
    let package = segments[..segments.len().min(name_has)].join("/");
    let version = segments.get(name_has).copied().unwrap_or("latest");
    let request = request(call, "{}/{}/{}/dependencies", &[call.param("platform"), &package, version]);
    let answer = read(call, request, "package or version not found")?;
    let dependencies = list(&answer, "/dependencies")?;
    let count = |name: &str| dependencies.iter().filter(|dependency| dependency[name] == true).count() as u64;
    Ok(state(count("deprecated"), count("outdated")))
}

fn state(deprecated: u64, outdated: u64) -> Badge {
    if deprecated > 0 {
        Badge::new(format!("{deprecated} deprecated")).color("red")
    } else if outdated > 0 {
        Badge::new(format!("{outdated} out of date")).color("orange")
    } else {
        Badge::new("up to date").color("brightgreen")
    }
}

fn bower(call: &Call, name: &str) -> Result<Badge, Step> {
    let package = read(call, request(call, "bower/{}", &[call.param("package")]), "package not found")?;
    if name == "bower-license" {
        let names = list(&package, "/normalized_licenses")?;
        return Ok(license(&names.iter().filter_map(Value::as_str).collect::<Vec<_>>()).into());
    }
    match at(&package, "/latest_release_number") {
        Value::Null if at(&package, "/normalized_licenses").is_array() => Err(lacks("no releases").into()),
        _ => Ok(version(string(&package, "/latest_release_number")?)),
    }
}
