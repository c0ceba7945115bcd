//! What the claims of GitHub Actions prove. docs/proof-of-origin.md has them as a table.

use badgesmith_engine::proof::{Claimed, Unproven};
use badgesmith_provider::fold;

use super::{
    members::Members,
    refusal::wrong,
    run::{Run, check_repository, id, is_name},
};

/// The events whose runs have the code of the branch that the token names: `ref` is that branch.
const BRANCH_EVENTS: [&str; 6] =
    ["push", "schedule", "workflow_dispatch", "merge_group", "release", "repository_dispatch"];
/// The events that run for `refs/pull/N/merge`.
const PULL_EVENTS: [&str; 3] = ["pull_request", "pull_request_review", "pull_request_review_comment"];

/// The claims that are read here.
pub(super) const CLAIMS: [&str; 9] = [
    "repository",
    "repository_owner",
    "repository_id",
    "event_name",
    "ref",
    "ref_type",
    "sha",
    "run_id",
    "run_attempt",
];

/// The run of a token, if it is one for the branch of the path.
///
/// # Errors
/// The claim that does not prove it.
pub(super) fn prove(claims: &Members, claimed: &Claimed<'_>) -> Result<Run, Unproven> {
    let (owner, repo) = claims
        .text("repository")?
        .split_once('/')
        .filter(|(owner, repo)| is_name(owner) && is_name(repo))
        .ok_or_else(|| wrong("repository", "it is not an owner and a repository"))?;
    check_repository("repository", (owner, repo), claimed)?;
    if fold(claims.text("repository_owner")?) != fold(owner) {
        return Err(wrong("repository_owner", "it is not the owner of `repository`"));
    }
    check_branch(claims, claimed.branch)?;
    let attempt = claims.text("run_attempt")?.parse().ok().filter(|attempt| *attempt > 0);
    Ok(Run {
        repository_id: id(claims, "repository_id")?,
        commit: id(claims, "sha")?,
        id: id(claims, "run_id")?,
        attempt: attempt.ok_or_else(|| wrong("run_attempt", "it is not a number from 1"))?,
    })
}

fn check_branch(claims: &Members, branch: &str) -> Result<(), Unproven> {
    let (event, reference) = (claims.text("event_name")?, claims.text("ref")?);
    let (proven, events, words) = if let Some(branch) = reference.strip_prefix("refs/heads/") {
        let words = "a run of this event does not prove a branch; push, schedule, workflow_dispatch, merge_group, \
                     release and repository_dispatch do";
        (branch.to_owned(), &BRANCH_EVENTS[..], words)
    } else if let Some(number) = pull_request(reference) {
        (format!("pull/{number}"), &PULL_EVENTS[..], "a run of this event does not prove a pull request")
    } else {
        let words = "only refs/heads/X and refs/pull/N/merge prove a branch, which are X and pull/N; a tag proves none";
        return Err(wrong("ref", words));
    };
    if !events.contains(&event) {
        return Err(wrong("event_name", words));
    }
    if claims.optional_text("ref_type")?.is_some_and(|kind| kind != "branch") {
        return Err(wrong("ref_type", "it is not a branch"));
    }
    if fold(&proven) != fold(branch) {
        let words = match event {
            event if PULL_EVENTS.contains(&event) => {
                "the token of a pull request proves the branch pull/N and no other"
            }
            _ => "the token is of another branch than the path",
        };
        return Err(wrong("ref", words));
    }
    Ok(())
}

/// The number in `refs/pull/7/merge`.
fn pull_request(reference: &str) -> Option<&str> {
    let number = reference.strip_prefix("refs/pull/")?.strip_suffix("/merge")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
