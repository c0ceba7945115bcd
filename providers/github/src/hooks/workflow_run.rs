//! `workflow_run`: a run of a workflow of GitHub Actions.

use crate::{
    branch,
    collections::WORKFLOW,
    hooks::{
        fields::{Fields, LONGEST_TITLE},
        moment::Moment,
        payload::Member,
        pull_request::is_in,
        repository::Repository,
        told::{RecordedRun, Subject, Told},
    },
    progress::{COMPLETED, rank},
    stop::Stop,
};

/// Adds the state of the run, and its record if it has ended.
pub(crate) fn read(told: &mut Told<'_>, repository: Repository<'_>, payload: Member<'_>) -> Result<(), Stop> {
    let run = payload.get("workflow_run");
    let path = payload.get("workflow").text("path").or_else(|| run.text("path")).unwrap_or_default();
    let (id, number) = (run.needed_number("id")?.to_string(), run.needed_number("run_number")?);
    let (created, updated) = (run.needed_moment("created_at")?, run.needed_moment("updated_at")?);
    let status = run.needed_text("status")?;
    let Some(branch) = branch(told, repository, run) else { return Ok(()) };
    let subject = Subject { collection: WORKFLOW, part: file_name(path), branch: &branch };
    // Old GitHub servers do not send it.
    let attempt = run.number("run_attempt").unwrap_or(1);
    let started = run.moment("run_started_at");
    let mut fields = Fields::default();
    fields
        .word("conclusion", run.text("conclusion"))
        .word("status", Some(status))
        .set("number", number)
        .word("event", run.text("event"))
        .word("commit", run.text("head_sha"))
        .text("title", run.text("display_title"), LONGEST_TITLE)
        .word("started", started.map(Moment::text).as_deref())
        .url(run.text("html_url"));
    if status == COMPLETED {
        let mut ended = fields.clone();
        ended.number("duration_ms", updated.milliseconds_since(started.unwrap_or(created)));
        told.record(subject, RecordedRun { id: id.clone(), attempt, time: created }, ended);
    }
    fields.set("run_id", id).set("attempt", attempt).set("updated_at", updated.text());
    told.state(subject, &[number, attempt, rank(status), updated.0], fields);
    Ok(())
}

/// The branch under which a run is stored. The author of a pull request chooses the name of the branch in the fork, so
/// that name must not stand for a branch of the repository.
fn branch(told: &Told<'_>, repository: Repository<'_>, run: Member<'_>) -> Option<String> {
    let (name, head) = (run.text("head_branch"), run.get("head_repository").text("full_name"));
    if head.is_some_and(|head| told.is_repository(head)) {
        return name.map(branch::own);
    }
    let pull_request = run.elements("pull_requests").find(|it| is_in(*it, "base", repository.id));
    if let Some(number) = pull_request.and_then(|it| it.number("number")) {
        return Some(branch::pull(number));
    }
    let owner = head.and_then(|head| head.split('/').next());
    name.map(|name| branch::fork(owner, name))
}

/// The name of a workflow's file: the last segment of its path. In runs, the branch may follow the path:
/// `.github/workflows/ci.yml@refs/heads/main`.
fn file_name(path: &str) -> &str {
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    path.rsplit('/').next().unwrap_or_default()
}
