//! NUnit 2's `test-results`, NUnit 3's `test-run`, and a suite of either as the root.
//!
//! A run or a suite that failed although no test case in it did is one failure: a fixture whose tear-down failed, an
//! assembly that could not be loaded, a Pester script whose discovery failed. A list of tests that were explored and
//! not run has no results, so all of them were skipped.

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    // NUnit's framework driver and Unity write suites without a run around them.
    roots: &["test-run", "test-results", "test-suite"],
    start: |root| Some(Box::new(NUnit::new(root))),
};

const NUNIT2: ReportFormat = ReportFormat::named("NUnit 2");
const NUNIT3: ReportFormat = ReportFormat::named("NUnit 3");

#[derive(Debug)]
struct NUnit {
    format: ReportFormat,
    tally: Tally,
    /// The run and the open suites, outermost first.
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Whether there was a suite, or the root has the totals of NUnit.
    is_nunit: bool,
}

#[derive(Debug)]
struct Suite {
    depth: usize,
    /// `None` for the run, and for the suite of a method with several test cases, whose test cases count for the
    /// fixture.
    name: Option<String>,
    is_run: bool,
    mark: FailureMark,
    is_failed: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    /// The outcome that its attributes state.
    outcome: Option<TestOutcome>,
    is_failed: bool,
}

impl NUnit {
    fn new(root: &XmlElement) -> Self {
        let is_old = root.name == "test-results" || root.attribute("executed").is_some();
        let format = if is_old { NUNIT2 } else { NUNIT3 };
        Self { format, tally: Tally::default(), suites: Vec::new(), case: None, is_nunit: false }
    }

    fn suite_name(&self) -> String {
        self.suites.iter().rev().find_map(|suite| suite.name.clone()).unwrap_or_default()
    }
}

impl ElementSink for NUnit {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match &*element.name {
            _ if self.case.is_some() => {
                if let Some(case) = &mut self.case {
                    case.is_failed |= depth == case.depth + 1 && matches!(&*element.name, "failure" | "error");
                }
            }
            "test-case" => {
                self.is_nunit = true;
                self.case = Some(Case { depth, outcome: outcome(element), is_failed: false });
            }
            "test-suite" | "test-run" | "test-results" => {
                let is_suite = element.name == "test-suite";
                let has_totals = ["total", "testcasecount"].iter().any(|total| element.attribute(total).is_some());
                self.is_nunit |= is_suite || has_totals;
                let kind = element.attribute("type").unwrap_or_default();
                let is_method =
                    matches!(kind, "ParameterizedMethod" | "ParameterizedTest" | "GenericMethod" | "Theory");
                let name = element.attribute("fullname").or(element.attribute("name"));
                let name = name.filter(|_| is_suite && !is_method).map(str::to_owned);
                if is_suite && self.suites.iter().all(|suite| suite.is_run) && self.format == NUNIT2 {
                    self.tally.set_duration(element.attribute("time").and_then(parse_seconds));
                }
                let mark = self.tally.mark();
                self.suites.push(Suite { depth, name, is_run: !is_suite, mark, is_failed: is_failed(element) });
            }
            // A suite of NUnit before 2.5 has no result. Its `success` only describes its test cases, so only a
            // `failure` of its own shows that the suite itself failed.
            "failure" | "error" => {
                if let Some(suite) = self.suites.last_mut().filter(|suite| suite.depth + 1 == depth) {
                    suite.is_failed = true;
                }
            }
            _ => {}
        }
        if depth == 1 {
            self.tally.set_duration(element.attribute("duration").and_then(parse_seconds));
        }
    }

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            let by_children = if case.is_failed { TestOutcome::Failed } else { TestOutcome::Passed };
            let suite = self.suite_name();
            self.tally.add(&suite, case.outcome.unwrap_or(by_children));
        }
        if self.suites.last().is_some_and(|suite| suite.depth == depth) {
            let name = self.suite_name();
            if let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed) {
                self.tally.fail_since(suite.mark, &name);
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if !self.is_nunit {
            let found = "it is XML whose root is called as in NUnit's, without a suite of it".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        Ok(self.tally.finish(self.format))
    }
}

/// Whether the result of a run or a suite is a failure. `NotRunnable` and `Invalid` are suites that could not be
/// loaded.
fn is_failed(suite: &XmlElement) -> bool {
    let result = suite.attribute("result").map(|result| result.split('(').next().unwrap_or_default().trim());
    matches!(result, Some("Failed" | "Failure" | "Error" | "NotRunnable" | "Invalid" | "Cancelled"))
}

/// The outcome of a test case by its attributes. NUnit before 2.5 has no `result`, only `executed` and `success`;
/// without any of them the child elements decide.
fn outcome(element: &XmlElement) -> Option<TestOutcome> {
    let is = |name, value: &str| element.attribute(name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value));
    if is("executed", "false") {
        return Some(TestOutcome::Skipped);
    }
    match element.attribute("result").map(|result| result.split('(').next().unwrap_or_default().trim()) {
        Some("Failed" | "Failure" | "Error" | "Cancelled") => Some(TestOutcome::Failed),
        Some("Skipped" | "Ignored" | "Inconclusive" | "NotRunnable" | "NotRun" | "Explicit") => {
            Some(TestOutcome::Skipped)
        }
        // NUnit does not count a warning as a failure.
        Some("Passed" | "Success" | "Warning") => Some(TestOutcome::Passed),
        _ if is("success", "false") => Some(TestOutcome::Failed),
        // The test was explored and not run.
        None if element.attribute("runstate").is_some() && element.attribute("executed").is_none() => {
            Some(TestOutcome::Skipped)
        }
        _ => None,
    }
}
