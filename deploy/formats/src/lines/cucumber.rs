//! Cucumber's messages, as `--format message` writes them: one message on each line.
//!
//! An attempt at a scenario that will be repeated does not count. A run that failed although no scenario did, such as
//! because of a global hook, is one failure; so is a run whose end is missing. If the run succeeded with scenarios that
//! are pending or undefined, as in a dry run or without `--strict`, these were skipped.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use serde::Deserialize;

use crate::{
    cucumber::{MESSAGES, ScenarioStatus, ScenarioTally},
    lines::event::{EventFormat, EventKeys, EventSink},
    report::TestReport,
};

pub(super) const FORMAT: EventFormat = EventFormat { is_format_of, start: || Box::<Cucumber>::default() };

fn is_format_of(keys: &EventKeys<'_>) -> bool {
    keys.meta.has("protocolVersion")
        || keys.gherkin_document.has("comments")
        || keys.test_case.has("testSteps")
        || keys.test_case_started.has("testCaseId")
}

#[derive(Debug, Default)]
struct Cucumber {
    /// The name of each feature, or its file if it has none.
    features: Vec<String>,
    /// The index of each feature in `features`, by its file.
    files: HashMap<String, usize>,
    /// The feature of each pickle, which is a scenario or a row of a scenario outline, by the pickle's id.
    pickles: HashMap<String, usize>,
    /// The feature of each test case, by the test case's id.
    test_cases: HashMap<String, usize>,
    /// The attempts that began and did not end, by their id.
    attempts: HashMap<String, Attempt>,
    /// The feature and the result of each scenario. They are counted at the end, which says whether the run succeeded.
    ended: Vec<(Option<usize>, ScenarioStatus)>,
    started: Option<Duration>,
    end: Option<RunEnd>,
}

#[derive(Debug, Default)]
struct Attempt {
    feature: Option<usize>,
    status: ScenarioStatus,
    /// Versions of the messages before 19 state at a step that its scenario will be repeated.
    is_repeated: bool,
}

#[derive(Debug)]
struct RunEnd {
    success: Option<bool>,
    timestamp: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow)]
    gherkin_document: Option<GherkinDocument<'a>>,
    #[serde(borrow)]
    pickle: Option<Pickle<'a>>,
    #[serde(borrow)]
    test_case: Option<TestCase<'a>>,
    test_run_started: Option<Timed>,
    #[serde(borrow)]
    test_case_started: Option<TestCaseStarted<'a>>,
    #[serde(borrow)]
    test_step_finished: Option<TestStepFinished<'a>>,
    #[serde(borrow)]
    test_case_finished: Option<TestCaseFinished<'a>>,
    test_run_finished: Option<TestRunFinished>,
}

#[derive(Deserialize)]
struct GherkinDocument<'a> {
    #[serde(borrow, default)]
    uri: Cow<'a, str>,
    #[serde(borrow)]
    feature: Option<Feature<'a>>,
}

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Pickle<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    uri: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestCase<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    pickle_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Timed {
    timestamp: Option<Timestamp>,
}

#[derive(Clone, Copy, Deserialize)]
struct Timestamp {
    #[serde(default)]
    seconds: u64,
    #[serde(default)]
    nanos: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestCaseStarted<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    test_case_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestStepFinished<'a> {
    #[serde(borrow)]
    test_case_started_id: Cow<'a, str>,
    #[serde(borrow)]
    test_step_result: StepResult<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepResult<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(default)]
    will_be_retried: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestCaseFinished<'a> {
    #[serde(borrow)]
    test_case_started_id: Cow<'a, str>,
    #[serde(default)]
    will_be_retried: bool,
}

#[derive(Deserialize)]
struct TestRunFinished {
    success: Option<bool>,
    timestamp: Option<Timestamp>,
}

impl EventSink for Cucumber {
    fn event(&mut self, json: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Message<'_>>(json) else { return false };
        if let Some(document) = message.gherkin_document {
            let name = document.feature.map(|feature| feature.name).filter(|name| !name.is_empty());
            let index = self.feature_in(&document.uri);
            if let (Some(feature), Some(name)) = (self.features.get_mut(index), name) {
                *feature = name.into_owned();
            }
        } else if let Some(pickle) = message.pickle {
            let feature = self.feature_in(&pickle.uri);
            self.pickles.insert(pickle.id.into_owned(), feature);
        } else if let Some(case) = message.test_case {
            if let Some(feature) = self.pickles.get(&*case.pickle_id) {
                self.test_cases.insert(case.id.into_owned(), *feature);
            }
        } else if let Some(run) = message.test_run_started {
            self.started = run.timestamp.map(Timestamp::duration);
        } else if let Some(attempt) = message.test_case_started {
            let feature = self.test_cases.get(&*attempt.test_case_id).copied();
            self.attempts.insert(attempt.id.into_owned(), Attempt { feature, ..Attempt::default() });
        } else if let Some(step) = message.test_step_finished {
            if let Some(attempt) = self.attempts.get_mut(&*step.test_case_started_id) {
                let status = step.test_step_result.status.as_deref().unwrap_or_default();
                attempt.status = attempt.status.max(ScenarioStatus::parse(status));
                attempt.is_repeated |= step.test_step_result.will_be_retried;
            }
        } else if let Some(end) = message.test_case_finished {
            if let Some(attempt) = self.attempts.remove(&*end.test_case_started_id)
                && !attempt.is_repeated
                && !end.will_be_retried
            {
                self.ended.push((attempt.feature, attempt.status));
            }
        } else if let Some(end) = message.test_run_finished {
            self.end = Some(RunEnd { success: end.success, timestamp: end.timestamp.map(Timestamp::duration) });
        }
        true
    }

    fn finish(mut self: Box<Self>, broken_lines: u64) -> TestReport {
        let success = self.end.as_ref().and_then(|end| end.success);
        let mut scenarios = ScenarioTally::of_run(success == Some(true));
        // The order of the suites must not depend on the order in which a map lists its entries.
        let mut unfinished: Vec<_> = self.attempts.values().map(|attempt| attempt.feature).collect();
        unfinished.sort_unstable();
        let unfinished = unfinished.into_iter().map(|feature| (feature, ScenarioStatus::Failed));
        for (feature, status) in self.ended.iter().copied().chain(unfinished) {
            let name = feature.and_then(|feature| self.features.get(feature));
            scenarios.add(name.map_or("", |name| name), status);
        }
        let mut tally = scenarios.finish();
        match self.end.take() {
            Some(end) => {
                // A lost line may have been a failure, unless the run states that there was none.
                if end.success == Some(false) || (broken_lines > 0 && end.success.is_none()) {
                    tally.fail_file();
                }
                if let (Some(start), Some(end)) = (self.started, end.timestamp) {
                    tally.set_duration(end.checked_sub(start));
                }
            }
            None => {
                tally.fail_file();
                tally.remark("the run has no end; it was cut short, so tests may be missing");
            }
        }
        if broken_lines > 0 {
            tally.remark(format!("{broken_lines} line(s) are broken JSON and passed over"));
        }
        tally.finish(MESSAGES)
    }
}

impl Cucumber {
    /// The index of the feature in a file.
    fn feature_in(&mut self, file: &str) -> usize {
        if let Some(index) = self.files.get(file) {
            return *index;
        }
        self.files.insert(file.to_owned(), self.features.len());
        self.features.push(file.to_owned());
        self.features.len() - 1
    }
}

impl Timestamp {
    fn duration(self) -> Duration {
        Duration::from_secs(self.seconds).saturating_add(Duration::from_nanos(self.nanos.into()))
    }
}
