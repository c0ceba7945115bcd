//! Azure DevOps: builds, deployments, tests and coverage of public projects.

use badgesmith_provider::{
    Badge, Call, Failure, Request, Step, color,
    format::{build_status, whole_percent},
};

use crate::{
    failures::{json, not_found, text},
    reading::{at, count, list, string},
    svg_text,
    tests_badge::TestCounts,
};

/// The badge of the name, without `azure-devops-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    match name {
        "build" => build(call),
        "release" => release(call),
        "coverage" => coverage(call),
        _ => tests(call),
    }
}

/// A request for something of the project. The parts are the organisation, the project and `more`.
fn request<const N: usize>(call: &Call, path: &str, more: [&str; N]) -> Request {
    let parts = [call.param("organization"), call.param("project")].into_iter().chain(more);
    Request::get(call.setting("azure-devops"), path, parts)
}

fn build(call: &Call) -> Result<Badge, Step> {
    let mut request = request(call, "{}/{}/_apis/build/status/{}", [call.param("definition")]);
    let parameters = [
        ("branchName", Some(call.param("branch"))),
        ("stageName", call.query("stage")),
        ("jobName", call.query("job")),
    ];
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            request = request.query(name, value);
        }
    }
    let svg = text(call.fetch(request)?, "user or project not found")?;
    status(svg).map_err(Step::from)
}

fn release(call: &Call) -> Result<Badge, Step> {
    let parts = ["organization", "project", "definition", "environment"].map(|name| call.param(name));
    let path = "{}/_apis/public/Release/badge/{}/{}/{}";
    let request = Request::get(call.setting("azure-devops-releases"), path, parts);
    let answer = call.fetch(request)?;
    if answer.status == 400 {
        return Err(not_found("project not found").into());
    }
    status(text(answer, "user or environment not found")?).map_err(Step::from)
}

/// The badge of a status that Azure DevOps drew.
fn status(svg: &str) -> Result<Badge, Failure> {
    let invalid = || Failure::invalid_response().because("no badge with a known status");
    match svg_text::message(svg).ok_or_else(invalid)? {
        "set up now" => Err(not_found("definition not found")),
        "unknown" => Err(not_found("project not found")),
        status @ ("never built" | "never deployed") => Ok(Badge::new(status).color("lightgrey")),
        status => Ok(build_status(status).ok_or_else(invalid)?.into()),
    }
}

/// The number of the newest finished build.
fn newest_build(call: &Call, missing: &str) -> Result<String, Step> {
    let mut request = request(call, "{}/{}/_apis/build/builds", [])
        .query("definitions", call.param("definition"))
        .query("$top", "1")
        .query("statusFilter", "completed")
        .query("api-version", "5.0-preview.4");
    let branch = call.param("branch");
    if !branch.is_empty() {
        request = request.query("branchName", format!("refs/heads/{branch}"));
    }
    let builds = json(call.fetch(request)?, missing)?;
    if list(&builds, "/value")?.is_empty() {
        return Err(not_found("build pipeline not found").into());
    }
    Ok(count(&builds, "/value/0/id")?.to_string())
}

fn coverage(call: &Call) -> Result<Badge, Step> {
    let missing = "build pipeline or coverage not found";
    let build = newest_build(call, missing)?;
    let request = request(call, "{}/{}/_apis/test/codecoverage", []);
    let request = request.query("buildId", build).query("api-version", "5.0-preview.1");
    let coverage = json(call.fetch(request)?, missing)?;
    let (mut covered, mut total) = (0, 0);
    for data in list(&coverage, "/coverageData")? {
        for statistic in list(data, "/coverageStats")? {
            if matches!(string(statistic, "/label")?, "Line" | "Lines") {
                covered += count(statistic, "/covered")?;
                total += count(statistic, "/total")?;
            }
        }
    }
    let percent = if covered > 0 && total > 0 { covered as f64 / total as f64 * 100.0 } else { 0.0 };
    Ok(Badge::new(whole_percent(percent)).color(color::coverage(percent)))
}

fn tests(call: &Call) -> Result<Badge, Step> {
    let missing = "build pipeline or test result summary not found";
    let build = newest_build(call, missing)?;
    let request = request(call, "{}/{}/_apis/test/ResultSummaryByBuild", []).query("buildId", build);
    let tested = json(call.fetch(request)?, missing)?;
    let total = count(&tested, "/aggregatedResultsAnalysis/totalTests")?;
    let outcome = |name: &str| {
        let pointer = format!("/aggregatedResultsAnalysis/resultsByOutcome/{name}/count");
        if at(&tested, &pointer).is_null() { Ok(0) } else { count(&tested, &pointer) }
    };
    let (passed, failed) = (outcome("Passed")?, outcome("Failed")?);
    let skipped = total.saturating_sub(passed.saturating_add(failed));
    Ok(TestCounts { passed, failed, skipped, total }.badge(call))
}
