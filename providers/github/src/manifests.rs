//! Badges of values in files of a repository: package.json, manifest.json, go.mod and others.

use badgesmith_provider::{Badge, Call, color, format};
use serde_json::Value;

use crate::{
    commits, contents,
    failures::{invalid_query, lacking, refused},
    field, query,
    stop::Stop,
};

/// The version in a JSON file. The route sets the file's name (`file`) and the label of the badge (`names`).
pub(crate) fn version(call: &Call<'_>) -> Result<Badge, Stop> {
    let file = contents::json(call, filename(call)?, branch(call))?;
    let version = match file.get("version") {
        Some(Value::String(version)) if !version.is_empty() => version.clone(),
        Some(Value::Number(version)) => version.to_string(),
        _ => return Err(field::invalid("/version", "a version")),
    };
    Ok(version_badge(call, call.param("names"), &version))
}

/// Any member of a JSON file; several values are joined with commas.
pub(crate) fn member(call: &Call<'_>) -> Result<Badge, Stop> {
    let name = filename(call)?;
    let key = match call.param("key") {
        "n" => "name",
        key => key,
    };
    let file = contents::json(call, name, branch(call))?;
    let value = match file.get(key) {
        None => "not specified".to_owned(),
        Some(Value::Array(items)) => {
            items.iter().map(single).collect::<Option<Vec<_>>>().ok_or_else(invalid_value)?.join(", ")
        }
        Some(value) => single(value).ok_or_else(invalid_value)?,
    };
    Ok(Badge::new(value).label(at_branch(call, key)))
}

/// The version of a dependency in a package.json. The parameter `path` is `[dev|peer|optional/][@scope/]name[/branch]`.
pub(crate) fn dependency(call: &Call<'_>) -> Result<Badge, Stop> {
    let mut path = call.param("path").trim_matches('/');
    let mut kind = "prod";
    if let Some((first, rest)) = path.split_once('/').filter(|(first, _)| matches!(*first, "dev" | "peer" | "optional"))
    {
        (kind, path) = (first, rest);
    }
    let is_scoped = path.starts_with('@');
    let slash = path.match_indices('/').nth(usize::from(is_scoped)).map(|(at, _)| at);
    let (name, branch) = slash.map_or((path, None), |at| (&path[..at], Some(&path[at + 1..])));
    let list = match kind {
        "dev" => "devDependencies",
        "peer" => "peerDependencies",
        "optional" => "optionalDependencies",
        _ => "dependencies",
    };
    let file = contents::json(call, filename(call)?, branch)?;
    match file.get(list).and_then(|list| list.get(name)) {
        Some(Value::String(range)) if !range.is_empty() => Ok(Badge::new(range.clone()).label(name)),
        Some(_) => Err(field::invalid(name, "a version range")),
        None => {
            let words = format!("{kind} dependency not found");
            Err(refused("path", words))
        }
    }
}

/// The version of Go in a go.mod: `go 1.22`, with or without a comment after it.
pub(crate) fn go_version(call: &Call<'_>) -> Result<Badge, Stop> {
    let text = contents::text(call, filename(call)?, branch(call))?;
    let version = text.lines().find_map(|line| {
        let version = line.strip_prefix("go ")?;
        let version = version.split('/').next().unwrap_or_default().trim();
        (!version.is_empty() && !version.contains(char::is_whitespace)).then_some(version)
    });
    Ok(version_badge(call, "Go", version.ok_or_else(|| lacking("Go version missing in go.mod"))?))
}

/// The version in the DESCRIPTION file of an R package.
pub(crate) fn r_version(call: &Call<'_>) -> Result<Badge, Stop> {
    let name = filename(call)?;
    let text = contents::text(call, name, branch(call))?;
    let version = text.lines().find_map(|line| line.strip_prefix("Version:")).map(str::trim);
    let version = version.filter(|version| !version.is_empty());
    Ok(version_badge(call, "R", version.ok_or_else(|| lacking(format!("Version missing in {name}")))?))
}

/// How many people are in the list of allcontributors.org.
pub(crate) fn all_contributors(call: &Call<'_>) -> Result<Badge, Stop> {
    let file = contents::json(call, ".all-contributorsrc", branch(call))?;
    Ok(commits::contributors_badge(field::list(&file, "/contributors")?.len() as u64))
}

/// The name of the file: the query parameter `filename`, or else the route's parameter `file`.
fn filename<'q>(call: &'q Call<'_>) -> Result<&'q str, Stop> {
    let default = call.param("file");
    let Some(name) = query::optional(call, "filename") else { return Ok(default) };
    // Shields reads only manifests with this name.
    if default == "manifest.json" && !name.ends_with(default) { Err(invalid_query("filename")) } else { Ok(name) }
}

fn branch<'q>(call: &'q Call<'_>) -> Option<&'q str> {
    query::optional(call, "branch")
}

fn version_badge(call: &Call<'_>, name: &str, version: &str) -> Badge {
    Badge::new(format::add_v(version)).color(color::version(version)).label(at_branch(call, name))
}

/// The name, and the branch if the call names one.
fn at_branch(call: &Call<'_>, name: &str) -> String {
    branch(call).map_or_else(|| name.to_owned(), |branch| format!("{name}@{branch}"))
}

fn single(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn invalid_value() -> Stop {
    lacking("invalid key value")
}
