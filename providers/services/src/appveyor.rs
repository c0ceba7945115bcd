//! AppVeyor: the tests of a build, and the state of one of its jobs.

use badgesmith_provider::{Badge, Call, Failure, Request, Step, format::build_status};
use serde_json::Value;

use crate::{
    failures::{json, not_found},
    reading::{at, count, list, string},
    tests_badge::TestCounts,
};

/// The badge of the name, without `appveyor-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let parts = [call.param("owner"), call.param("repo")];
    let branch = call.param("branch");
    let request = match branch {
        "" => Request::get(call.setting("appveyor"), "api/projects/{}/{}", parts),
        branch => {
            Request::get(call.setting("appveyor"), "api/projects/{}/{}/branch/{}", parts.into_iter().chain([branch]))
        }
    };
    let project = json(call.fetch(request)?, "project not found or access denied")?;
    if at(&project, "/build").is_null() && at(&project, "/project").is_object() {
        return Ok(Badge::new("no builds found").color("lightgrey"));
    }
    let jobs = list(&project, "/build/jobs")?;
    if name == "tests" {
        return Ok(counted(jobs)?.badge(call));
    }
    let job =
        jobs.iter().find(|job| at(job, "/name") == call.param("job")).ok_or_else(|| not_found("job not found"))?;
    Ok(build_status(string(job, "/status")?).ok_or_else(Failure::invalid_response)?.into())
}

fn counted(jobs: &[Value]) -> Result<TestCounts, Failure> {
    let mut sums = [0_u64; 3];
    for job in jobs {
        for (sum, pointer) in sums.iter_mut().zip(["/testsCount", "/passedTestsCount", "/failedTestsCount"]) {
            *sum = sum.saturating_add(count(job, pointer)?);
        }
    }
    let [total, passed, failed] = sums;
    Ok(TestCounts { passed, failed, skipped: total.saturating_sub(passed.saturating_add(failed)), total })
}
