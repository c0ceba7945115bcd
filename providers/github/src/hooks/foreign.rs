//! The result of a CI system other than GitHub Actions.

use crate::{
    collections::WORKFLOW,
    hooks::{
        fields::{Fields, LONGEST_TITLE},
        moment::Moment,
        told::{RecordedRun, Subject, Told},
    },
    progress::{COMPLETED, rank},
};

/// The result of a check or a status on a branch.
#[derive(Clone, Copy)]
pub(crate) struct ForeignResult<'r> {
    pub(crate) event: &'static str,
    pub(crate) part: &'r str,
    pub(crate) branch: &'r str,
    pub(crate) run_id: &'r str,
    pub(crate) id: u64,
    pub(crate) status: &'r str,
    pub(crate) conclusion: Option<&'r str>,
    pub(crate) commit: Option<&'r str>,
    pub(crate) title: Option<&'r str>,
    pub(crate) url: Option<&'r str>,
    /// When it began, by which results are ordered.
    pub(crate) time: Moment,
    /// When it ended, or last changed.
    pub(crate) updated: Moment,
}

impl ForeignResult<'_> {
    /// Adds its state, and its record if it has ended.
    ///
    /// A check with the name of a workflow's file is left out: it would look like that workflow.
    pub(crate) fn tell(self, told: &mut Told<'_>) {
        if is_workflow_file(self.part) {
            return;
        }
        // The reporter of a check chooses its start time. A start in the future would hide all results until then.
        let now = Moment(told.now);
        let (time, updated) = (self.time.min(now), self.updated.min(now));
        let subject = Subject { collection: WORKFLOW, part: self.part, branch: self.branch };
        let mut fields = Fields::default();
        fields
            .word("conclusion", self.conclusion)
            .word("status", Some(self.status))
            .word("event", Some(self.event))
            .word("commit", self.commit)
            .text("title", self.title, LONGEST_TITLE)
            .word("started", Some(&time.text()))
            .url(self.url);
        if self.status == COMPLETED {
            let mut ended = fields.clone();
            // A status does not contain the time when it began.
            let duration = updated.milliseconds_since(time).filter(|_| self.event != "status");
            ended.number("duration_ms", duration);
            told.record(subject, RecordedRun { id: self.run_id.to_owned(), attempt: 1, time }, ended);
        }
        fields.word("run_id", Some(self.run_id)).set("attempt", 1).set("updated_at", updated.text());
        told.state(subject, &[time.0, self.id, updated.0, rank(self.status)], fields);
    }
}

/// Whether a workflow's file can have this name.
fn is_workflow_file(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    name.ends_with(".yml") || name.ends_with(".yaml")
}
