//! `workflow_job`: a job of a run of GitHub Actions.

use crate::{
    collections::JOB,
    hooks::{
        fields::Fields,
        moment::Moment,
        payload::Member,
        told::{Subject, Told},
    },
    progress::{COMPLETED, rank},
    stop::Stop,
};

/// How long the states of jobs are kept: 90 days, as long as GitHub keeps logs by default.
const LIFE_SECONDS: u32 = 90 * 24 * 60 * 60;

/// Adds the state of the job.
pub(crate) fn read(told: &mut Told<'_>, payload: Member<'_>) -> Result<(), Stop> {
    let job = payload.get("workflow_job");
    let run = job.needed_number("run_id")?.to_string();
    let (name, status) = (job.needed_text("name")?, job.needed_text("status")?);
    let (started, completed) = (job.moment("started_at"), job.moment("completed_at"));
    let time = completed.or(started).or_else(|| job.moment("created_at")).unwrap_or_default();
    let ended = completed.filter(|_| status == COMPLETED);
    let attempt = job.number("run_attempt").unwrap_or(1);
    let mut fields = Fields::default();
    fields
        .word("conclusion", job.text("conclusion"))
        .word("status", Some(status))
        .set("attempt", attempt)
        .word("started", started.map(Moment::text).as_deref())
        .set("updated_at", time.text())
        .number("duration_ms", ended.zip(started).and_then(|(ended, started)| ended.milliseconds_since(started)))
        .url(job.text("html_url"));
    let subject = Subject { collection: JOB, part: &run, branch: name };
    told.passing_state(subject, &[attempt, rank(status), time.0], fields, LIFE_SECONDS);
    Ok(())
}
