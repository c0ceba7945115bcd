//! Badges of one issue or pull request.

use badgesmith_provider::{Badge, Call, color, format};
use serde_json::Value;

use crate::{
    address::Address,
    dates,
    failures::{lacking, refused},
    field,
    issues::hex,
    repository::Repository,
    stop::Stop,
};

/// GitHub's colour for an open issue or pull request.
const OPEN: &str = "#2cbe4e";
/// GitHub's colour for a closed issue.
const CLOSED: &str = "#6f42c1";

/// The properties that can be shown, with the short names of older addresses.
const PROPERTIES: [&str; 10] =
    ["state", "s", "title", "author", "u", "label", "comments", "age", "last-update", "milestone"];

/// The property of an issue or pull request that the parameter `property` names; `kind` is `issues` or `pulls`.
pub(crate) fn property(call: &Call<'_>) -> Result<Badge, Stop> {
    if !PROPERTIES.contains(&call.param("property")) {
        return Err(refused("property", "invalid property"));
    }
    let repository = Repository::of(call);
    let number = call.param("number");
    let kind_and_number = [call.param("kind"), number];
    let address = Address::of("/{}/{}").parts(&kind_and_number);
    let issue = repository.read(address, "issue, pull request or repo not found")?;
    let is_pull_request = call.param("kind") == "pulls" || issue.get("pull_request").is_some();
    let label = format!("{} {number}", if is_pull_request { "pull request" } else { "issue" });
    Ok(match call.param("property") {
        "state" | "s" => state(&issue, is_pull_request)?.label(label),
        "title" => Badge::new(field::text(&issue, "/title")?).label(label),
        "author" | "u" => Badge::new(field::text(&issue, "/user/login")?).label("author"),
        "label" => labels(&issue)?.label("label"),
        "comments" => comments(field::number(&issue, "/comments")?).label("comments"),
        "age" => dates::the_newer_the_better(call, field::text(&issue, "/created_at")?)?.label("created"),
        "last-update" => dates::the_newer_the_better(call, field::text(&issue, "/updated_at")?)?.label("updated"),
        _ => milestone(&issue)?.label("milestone"),
    })
}

fn state(issue: &Value, is_pull_request: bool) -> Result<Badge, Stop> {
    // In the answer about an issue that is a pull request, the time of its merge is one level deeper.
    let merged = ["/merged_at", "/pull_request/merged_at"].iter().find_map(|pointer| issue.pointer(pointer)?.as_str());
    Ok(match (field::text(issue, "/state")?, is_pull_request) {
        ("open", _) => Badge::new("open").color(OPEN),
        ("closed", false) => Badge::new("closed").color(CLOSED),
        ("closed", true) if merged.is_some() => Badge::new("merged").color("blueviolet"),
        ("closed", true) => Badge::new("rejected").color("red"),
        _ => return Err(field::invalid("/state", "a state")),
    })
}

fn labels(issue: &Value) -> Result<Badge, Stop> {
    let labels = field::list(issue, "/labels")?;
    let names = labels.iter().map(|label| field::text(label, "/name")).collect::<Result<Vec<_>, _>>()?;
    let badge = Badge::new(names.join(" | "));
    match labels {
        [] => Err(lacking("no labels found")),
        [label] => Ok(badge.color(hex(field::text(label, "/color")?)?)),
        _ => Ok(badge),
    }
}

fn comments(count: u64) -> Badge {
    let count = count as f64;
    Badge::new(format::metric(count)).color(color::scale(count, &[1.0, 3.0, 10.0, 25.0], true))
}

fn milestone(issue: &Value) -> Result<Badge, Stop> {
    if issue.get("milestone").is_none_or(Value::is_null) {
        return Err(lacking("no milestone"));
    }
    Ok(Badge::new(field::text(issue, "/milestone/title")?))
}
