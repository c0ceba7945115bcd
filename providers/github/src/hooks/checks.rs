//! `check_run` and `check_suite`: the results of other CI systems that are GitHub Apps.

use crate::{
    branch,
    hooks::{foreign::ForeignResult, payload::Member, pull_request::is_in, repository::Repository, told::Told},
    progress::COMPLETED,
    stop::Stop,
};

/// The app of GitHub Actions. Its checks are also delivered as `workflow_run` and `workflow_job`, so they are left out
/// here.
const ACTIONS: &str = "github-actions";

/// Adds a check run; its part is the check's name.
pub(crate) fn read_run(told: &mut Told<'_>, repository: Repository<'_>, payload: Member<'_>) -> Result<(), Stop> {
    let run = payload.get("check_run");
    let suite = run.get("check_suite");
    let (started, completed) = (run.moment("started_at"), run.moment("completed_at"));
    let Some(time) = started.or(completed) else { return Ok(()) };
    let Some(branch) = own_branch(suite, [run, suite], repository) else { return Ok(()) };
    if run.get("app").text("slug") == Some(ACTIONS) {
        return Ok(());
    }
    let (id, status) = (run.needed_number("id")?, run.needed_text("status")?);
    let updated = completed.filter(|_| status == COMPLETED).unwrap_or(time);
    let result = ForeignResult {
        event: "check_run",
        part: run.needed_text("name")?,
        branch: &branch,
        // An app may complete a check again, with another conclusion.
        run_id: &format!("check-run/{id}/{}", updated.0),
        id,
        status,
        conclusion: run.text("conclusion"),
        commit: run.text("head_sha"),
        title: None,
        url: run.text("html_url").or_else(|| run.text("details_url")),
        time,
        updated,
    };
    result.tell(told);
    Ok(())
}

/// Adds a check suite; its part is the slug of the app.
pub(crate) fn read_suite(told: &mut Told<'_>, repository: Repository<'_>, payload: Member<'_>) -> Result<(), Stop> {
    let suite = payload.get("check_suite");
    let Some(branch) = own_branch(suite, [suite; 2], repository) else { return Ok(()) };
    let slug = suite.get("app").text("slug").filter(|slug| *slug != ACTIONS);
    let Some(slug) = slug else { return Ok(()) };
    let (id, updated) = (suite.needed_number("id")?, suite.needed_moment("updated_at")?);
    let page = repository.html_url.zip(suite.text("head_sha"));
    let page = page.map(|(repository, commit)| format!("{repository}/commit/{commit}/checks"));
    let result = ForeignResult {
        event: "check_suite",
        part: slug,
        branch: &branch,
        // A suite is completed again whenever one of its checks is.
        run_id: &format!("check-suite/{id}/{}", updated.0),
        id,
        status: suite.text("status").unwrap_or("queued"),
        conclusion: suite.text("conclusion"),
        commit: suite.text("head_sha"),
        title: None,
        url: page.as_deref(),
        time: suite.needed_moment("created_at")?,
        updated,
    };
    result.tell(told);
    Ok(())
}

/// The branch of a suite, if it is a branch of the repository. GitHub names no branch for a commit of a fork, and a
/// pull request shows whether its commits are in a fork.
fn own_branch(suite: Member<'_>, listing: [Member<'_>; 2], repository: Repository<'_>) -> Option<String> {
    let mut pull_requests = listing.into_iter().flat_map(|it| it.elements("pull_requests"));
    let are_own = pull_requests.all(|pull_request| is_in(pull_request, "head", repository.id));
    suite.text("head_branch").filter(|_| are_own).map(branch::own)
}
