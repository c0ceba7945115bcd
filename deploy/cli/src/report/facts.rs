//! The facts of the run: from the arguments, and from the CI system where an argument is missing.

use std::env;

use super::{
    build_options::BuildOptions,
    ci::{self, BuildFacts},
    options::ReportOptions,
    pull_request,
    usage::UsageFault,
};

/// The known facts. If a token is to prove the branch, the branch is the one that the token names.
pub(super) fn of(options: &BuildOptions, is_proven: bool) -> BuildFacts {
    let variables = |name: &str| env::var(name).ok();
    let known = ci::read(&variables);
    // The server refuses a branch that the token does not prove.
    let proven_branch = is_proven.then(|| pull_request::branch(&variables)).flatten();
    BuildFacts {
        owner: options.owner.clone().or(known.owner),
        repo: options.repo.clone().or(known.repo),
        branch: options.branch.clone().or(proven_branch).or(known.branch),
        commit: options.commit.clone().or(known.commit),
        // The CI system's attempt belongs to its own run id, so it is used only with that id.
        run_attempt: options.run_attempt.or(known.run_attempt.filter(|_| options.run_id.is_none())),
        run_id: options.run_id.clone().or(known.run_id),
        html_url: options.html_url.clone().or(known.html_url),
        run_url: options.run_url.clone().or(known.run_url),
    }
}

/// Refuses a report with missing facts.
pub(super) fn require(options: &ReportOptions, facts: &BuildFacts) -> Result<(), UsageFault> {
    let required = [
        ("--owner", &facts.owner),
        ("--repo", &facts.repo),
        ("--branch", &facts.branch),
        ("--commit", &facts.commit),
        ("--run-id", &facts.run_id),
        ("--html-url", &facts.html_url),
    ];
    let is_missing = |fact: &Option<String>| fact.as_deref().is_none_or(|fact| fact.trim().is_empty());
    let mut missing: Vec<_> = required.iter().filter(|(_, fact)| is_missing(fact)).map(|(name, _)| *name).collect();
    if options.server.is_none() && !options.dry_run {
        missing.insert(0, "--server");
    }
    if missing.is_empty() { Ok(()) } else { Err(UsageFault::Missing(missing)) }
}
