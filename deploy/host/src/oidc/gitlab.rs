//! What the claims of GitLab CI prove. docs/proof-of-origin.md has them as a table.

use badgesmith_engine::proof::{Claimed, Unproven};
use badgesmith_provider::fold;

use super::{
    members::Members,
    refusal::wrong,
    run::{Run, check_repository, id, is_name},
};

/// The sources of pipelines that run for a branch of their project. A child pipeline (`parent_pipeline`) is not among
/// them: it may be of a merge request, and names the branch from which that request comes, in older versions of GitLab
/// together with the project that it wants to change.
const SOURCES: [&str; 7] = ["push", "web", "schedule", "api", "trigger", "pipeline", "chat"];

/// The claims that are read here.
pub(super) const CLAIMS: [&str; 7] =
    ["project_path", "project_id", "pipeline_source", "ref", "ref_type", "sha", "job_id"];

/// The run of a token, if it is one for the branch of the path. A job that is tried again is another job, so its id is
/// the run's and its attempt is the first.
///
/// # Errors
/// The claim that does not prove it.
pub(super) fn prove(claims: &Members, claimed: &Claimed<'_>) -> Result<Run, Unproven> {
    let (owner, repo) = owner_and_repo(claims.text("project_path")?)?;
    check_repository("project_path", (owner, &repo), claimed)?;
    match claims.text("pipeline_source")? {
        source if SOURCES.contains(&source) => {}
        "merge_request_event" => {
            return Err(wrong("pipeline_source", "a pipeline of a merge request does not prove a branch"));
        }
        _ => {
            let words = "a pipeline of this source does not prove a branch; push, web, schedule, api, trigger, \
                         pipeline and chat do";
            return Err(wrong("pipeline_source", words));
        }
    }
    if claims.text("ref_type")? != "branch" {
        return Err(wrong("ref_type", "it is not a branch; a tag proves none"));
    }
    if fold(claims.text("ref")?) != fold(claimed.branch) {
        return Err(wrong("ref", "the token is of another branch than the path"));
    }
    Ok(Run {
        repository_id: id(claims, "project_id")?,
        commit: id(claims, "sha")?,
        id: id(claims, "job_id")?,
        attempt: 1,
    })
}

/// The owner and the repository of a project, as `badgesmith report` writes them: further groups become part of the
/// repository's name, so that `acme/web/shop` is `web.shop` of `acme`. With a dot in one of its parts, a nested project
/// could be several others.
fn owner_and_repo(path: &str) -> Result<(&str, String), Unproven> {
    let parts: Vec<&str> = path.split('/').collect();
    match &*parts {
        [owner, repo @ ..] if !repo.is_empty() && parts.iter().all(|part| is_name(part)) => {
            if repo.len() > 1 && path.contains('.') {
                return Err(wrong("project_path", "a project of a subgroup proves nothing if its path has a dot"));
            }
            Ok((owner, repo.join(".")))
        }
        _ => Err(wrong("project_path", "it is not the path of a project")),
    }
}
