//! The results of Cucumber's scenarios, for its JSON report and for its messages.
//!
//! A scenario or a row of a scenario outline counts once, by the worst result of its steps and hooks. Undefined,
//! pending and ambiguous scenarios count as failed, because Cucumber exits with an error if there are any. If the
//! report says that the run succeeded, they count as skipped. A scenario without steps counts as skipped, because
//! nothing was tested.

use crate::{
    report::ReportFormat,
    tally::{Tally, TestOutcome},
};

pub(crate) const MESSAGES: ReportFormat = ReportFormat::named("Cucumber messages");
pub(crate) const JSON: ReportFormat = ReportFormat::named("Cucumber JSON");

/// The result of a step, a hook or a scenario. A later variant is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScenarioStatus {
    /// There is no result, such as in a scenario without steps.
    #[default]
    Unknown,
    Passed,
    Skipped,
    Pending,
    Undefined,
    Ambiguous,
    /// Also any word that Cucumber does not use.
    Failed,
}

impl ScenarioStatus {
    /// Reads Cucumber's word, in any case.
    pub(crate) fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "passed" => Self::Passed,
            "skipped" => Self::Skipped,
            "pending" => Self::Pending,
            "undefined" => Self::Undefined,
            "ambiguous" => Self::Ambiguous,
            // behave did not run it, as in a dry run or after `--stop`.
            word if word.starts_with("untested") => Self::Skipped,
            "unknown" => Self::Unknown,
            _ => Self::Failed,
        }
    }
}

/// Counts scenarios.
#[derive(Debug, Default)]
pub(crate) struct ScenarioTally {
    tally: Tally,
    /// Whether the run succeeded, so that undefined, pending and ambiguous scenarios are not failures.
    is_success: bool,
    unfinished: u64,
}

impl ScenarioTally {
    /// Begins to count the scenarios of a run. `is_success` says whether the report states that the run succeeded.
    pub(crate) fn of_run(is_success: bool) -> Self {
        Self { is_success, ..Self::default() }
    }

    /// Adds one scenario of a feature.
    pub(crate) fn add(&mut self, feature: &str, status: ScenarioStatus) {
        let outcome = match status {
            ScenarioStatus::Passed => TestOutcome::Passed,
            ScenarioStatus::Unknown | ScenarioStatus::Skipped => TestOutcome::Skipped,
            ScenarioStatus::Pending | ScenarioStatus::Undefined | ScenarioStatus::Ambiguous if self.is_success => {
                TestOutcome::Skipped
            }
            ScenarioStatus::Pending | ScenarioStatus::Undefined | ScenarioStatus::Ambiguous => {
                self.unfinished += 1;
                TestOutcome::Failed
            }
            ScenarioStatus::Failed => TestOutcome::Failed,
        };
        self.tally.add(feature, outcome);
    }

    /// The counts, with a remark on scenarios whose steps are not implemented yet.
    pub(crate) fn finish(mut self) -> Tally {
        if self.unfinished > 0 {
            let scenarios = self.unfinished;
            self.tally.remark(format!("{scenarios} undefined, pending or ambiguous scenario(s) count as failed"));
        }
        self.tally
    }
}
