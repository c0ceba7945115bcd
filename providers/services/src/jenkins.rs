//! Jenkins: jobs on the server that the caller names, and plugins of Jenkins itself.

use badgesmith_provider::{
    Badge, Call, Failure, Request, Step, color,
    format::{build_status, whole_percent},
};

use crate::{
    failures::{invalid_query, json, lacks},
    host::Host,
    reading::{at, downloads, list, string, version},
    tests_badge::TestCounts,
};

/// The badge of the name, without `jenkins-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    match name {
        "build" => build(call),
        "tests" => tests(call),
        "coverage" => coverage(call),
        "plugin-version" => plugin_version(call),
        _ => plugin_installs(call),
    }
}

/// The job: `jobUrl=https://ci.example/job/rocket`, or in the path `https/ci.example/job/rocket`.
fn job(call: &Call) -> Result<Host, Failure> {
    let (scheme, host, job) = (call.param("scheme"), call.param("host"), call.param("job"));
    if host.is_empty() {
        return Host::required(call, "", "jobUrl");
    }
    if !matches!(scheme, "http" | "https") {
        return Err(invalid_query("jobUrl"));
    }
    let folder = if job.contains('/') { "" } else { "job/" };
    Host::named(&format!("{scheme}://{host}/{folder}{job}"), "", "jobUrl")
}

fn build(call: &Call) -> Result<Badge, Step> {
    let request = job(call)?.get("api/json", []).query("tree", "color");
    let job = json(call.fetch(request)?, "instance or job not found")?;
    let status = match string(&job, "/color")? {
        "red" => "failing",
        "yellow" => return Ok(Badge::new("unstable").color("yellow")),
        "blue" | "green" => "passing",
        "grey" | "disabled" | "aborted" | "notbuilt" => "not built",
        color if color.ends_with("_anime") => "building",
        color => return Err(Failure::invalid_response().because(format!("the color is {color:?}")).into()),
    };
    Ok(build_status(status).ok_or_else(Failure::invalid_response)?.into())
}

fn tests(call: &Call) -> Result<Badge, Step> {
    let request = job(call)?.get("lastCompletedBuild/api/json", []);
    let request = request.query("tree", "actions[failCount,skipCount,totalCount]");
    let build = json(call.fetch(request)?, "instance or job not found")?;
    let counts = ["totalCount", "failCount", "skipCount"];
    let counts = list(&build, "/actions")?.iter().find_map(|action| {
        let [total, failed, skipped] = counts.map(|name| action[name].as_u64());
        Some([total?, failed?, skipped?])
    });
    let [total, failed, skipped] = counts.ok_or_else(|| lacks("no tests found"))?;
    Ok(TestCounts { passed: total.saturating_sub(failed.saturating_add(skipped)), failed, skipped, total }.badge(call))
}

fn coverage(call: &Call) -> Result<Badge, Step> {
    let format = call.param("format");
    let (path, tree) = match format {
        "jacoco" | "j" => ("jacoco", "instructionCoverage[percentage]"),
        "cobertura" | "c" => ("cobertura", "results[elements[name,ratio]]"),
        "api" | "apiv1" => ("coverage/result", "results[elements[name,ratio]]"),
        "apiv4" => ("coverage", "projectStatistics[line]"),
        _ => return Err(Failure::invalid_parameter("PARAMETER_INVALID", "format", "invalid coverage format").into()),
    };
    let request = job(call)?.get(&format!("lastCompletedBuild/{path}/api/json"), []).query("tree", tree);
    let answer = json(call.fetch(request)?, "job or coverage not found")?;
    let ratio = |name: &str| {
        let elements = answer["results"]["elements"].as_array()?;
        elements.iter().find(|element| element["name"] == name)?["ratio"].as_f64()
    };
    let percent = match path {
        "jacoco" => answer["instructionCoverage"]["percentage"].as_f64(),
        "cobertura" => ratio("Lines"),
        "coverage" => {
            answer["projectStatistics"]["line"].as_str().and_then(|line| line.strip_suffix('%')?.parse().ok())
        }
        _ => ratio("Line"),
    };
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(Failure::invalid_response)?;
    Ok(Badge::new(whole_percent(percent)).color(color::coverage(percent)))
}

fn plugin_version(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("jenkins-plugins"), "api/plugin/{}", [call.param("plugin")]);
    let plugin = json(call.fetch(request)?, "plugin not found")?;
    Ok(version(string(&plugin, "/version")?))
}

fn plugin_installs(call: &Call) -> Result<Badge, Step> {
    if !call.param("version").is_empty() {
        return Ok(Badge::new("no longer available per version").color("lightgrey"));
    }
    let base = call.setting("jenkins-stats");
    let path = "plugin-installation-trend/{}.stats.json";
    let request = Request::get(base, path, [call.param("plugin")]);
    let trend = json(call.fetch(request)?, "plugin not found")?;
    // Months are written as milliseconds since 1970, so the greatest number is the newest month.
    let newest =
        at(&trend, "/installations").as_object().and_then(|months| months.iter().max_by_key(|(month, _)| *month));
    let installs = newest.and_then(|(_, installs)| installs.as_f64()).ok_or_else(Failure::invalid_response)?;
    Ok(downloads(installs, ""))
}
