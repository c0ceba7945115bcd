//! Badges of a commit's checks, statuses and deployments, from the API.

use badgesmith_provider::{Badge, Call};
use serde_json::Value;

use crate::{
    address::Address,
    failures::not_found,
    field, query,
    repository::{MISSING, Repository},
    stop::Stop,
    words::build,
};

/// The words for a missing branch, tag, commit or repository.
const NO_REF: &str = "ref or repo not found";

/// The combined status of a branch, tag or commit.
pub(crate) fn status(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let status = repository.read(Address::of("/commits/{}/status").parts(&[call.param("ref")]), NO_REF)?;
    Ok(build(field::text(&status, "/state")?))
}

/// The state of all check runs of a branch, tag or commit, or of those with one name.
pub(crate) fn check_runs(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let commit = [call.param("ref")];
    let checks = repository.read(Address::of("/commits/{}/check-runs?per_page=100").parts(&commit), NO_REF)?;
    if field::number(&checks, "/total_count")? == 0 {
        return Ok(build("no check runs"));
    }
    let wanted = query::optional(call, "nameFilter");
    let mut states = Vec::new();
    for run in field::list(&checks, "/check_runs")? {
        if wanted.is_none_or(|wanted| run.get("name").and_then(Value::as_str) == Some(wanted)) {
            states.push((
                field::text(run, "/status")?,
                run.get("conclusion").and_then(Value::as_str).unwrap_or_default(),
            ));
        }
    }
    let any = |is_such: fn(&str) -> bool| states.iter().any(|(status, _)| is_such(status));
    let concludes = |is_such: fn(&str) -> bool| states.iter().any(|(_, conclusion)| is_such(conclusion));
    Ok(build(if states.is_empty() {
        "unknown status"
    } else if any(|status| status == "queued") {
        "queued"
    } else if any(|status| status != "completed") {
        "pending"
    } else if concludes(|conclusion| matches!(conclusion, "cancelled" | "failure" | "timed_out" | "startup_failure")) {
        "failing"
    } else if concludes(|conclusion| matches!(conclusion, "action_required" | "stale")) {
        "partially succeeded"
    } else {
        "passing"
    }))
}

/// The combined status of a pull request's last commit, or how many statuses it has of each kind: the parameter `show`
/// is `state` or `contexts`.
pub(crate) fn pull_request(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let number = [call.param("number")];
    let pull_request = repository.read(Address::of("/pulls/{}").parts(&number), "pull request or repo not found")?;
    let commit = field::text(&pull_request, "/head/sha")?;
    let combined = repository.read(Address::of("/commits/{}/status").parts(&[commit]), "commit not found")?;
    let state = field::text(&combined, "/state")?;
    let color = match state {
        "pending" => "#dbab09",
        "success" => "#2cbe4e",
        "failure" | "error" => "#cb2431",
        _ => return Err(field::invalid("/state", "a state")),
    };
    let message =
        if call.param("show") == "contexts" { counts(field::list(&combined, "/statuses")?)? } else { state.to_owned() };
    Ok(Badge::new(message).color(color))
}

/// `2 success, 1 failure`, in the order in which each state first appears.
fn counts(statuses: &[Value]) -> Result<String, Stop> {
    let mut counts: Vec<(&str, u32)> = Vec::new();
    for status in statuses {
        let state = field::text(status, "/state")?;
        match counts.iter_mut().find(|(counted, _)| *counted == state) {
            Some((_, count)) => *count += 1,
            None => counts.push((state, 1)),
        }
    }
    Ok(counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", "))
}

/// The state of the last deployment to an environment.
pub(crate) fn deployment(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let query = [("environment", Some(call.param("environment")))];
    let deployments = repository.read(Address::of("/deployments?per_page=1").query(&query), MISSING)?;
    let deployment = field::list(&deployments, "")?.first().ok_or_else(|| not_found("environment not found"))?;
    let id = field::number(deployment, "/id")?.to_string();
    let statuses =
        repository.read(Address::of("/deployments/{}/statuses?per_page=1").parts(&[&id]), "environment not found")?;
    let Some(status) = field::list(&statuses, "")?.first() else { return Ok(Badge::new("no status yet")) };
    let state = field::text(status, "/state")?;
    let badge = Badge::new(state.replace('_', " "));
    Ok(match state {
        "success" => badge.color("brightgreen"),
        "error" | "failure" => badge.color("red"),
        "inactive" => badge.color("blue"),
        _ => badge,
    })
}
