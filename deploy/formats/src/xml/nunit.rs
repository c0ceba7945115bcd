//! NUnit 2's `test-results` and NUnit 3's `test-run`, and suites of either without a root around them.
//!
//! A run or a suite that failed although no case in it did is one failure: a fixture whose tear-down broke, an assembly
//! that could not be loaded, a script of Pester's whose discovery broke. A list of tests that were only explored has no
//! results: all of them were skipped.

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Mark, Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug)]
pub(crate) struct NUnit {
    kind: Kind,
    tally: Tally,
    /// The run and the suites around, outermost first.
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Whether a suite was there at all, or the root has NUnit's sums.
    is_nunit: bool,
}

#[derive(Debug)]
struct Suite {
    depth: usize,
    /// What is no fixture but a method has no name here.
    name: Option<String>,
    /// It is the run, and no suite.
    is_run: bool,
    mark: Mark,
    is_failed: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    /// What its attributes say.
    outcome: Option<Outcome>,
    is_failed: bool,
}

impl NUnit {
    pub(crate) fn new(root: &Element) -> Self {
        let is_old = root.name == "test-results" || root.attribute("executed").is_some();
        let kind = if is_old { Kind::NUnit2 } else { Kind::NUnit3 };
        Self { kind, tally: Tally::default(), suites: Vec::new(), case: None, is_nunit: false }
    }

    fn name(&self) -> String {
        self.suites.iter().rev().find_map(|suite| suite.name.clone()).unwrap_or_default()
    }
}

impl Elements for NUnit {
    fn open(&mut self, element: &Element, depth: usize) {
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
                let has_sums = ["total", "testcasecount"].iter().any(|sum| element.attribute(sum).is_some());
                self.is_nunit |= is_suite || has_sums;
                let kind = element.attribute("type").unwrap_or_default();
                let is_method =
                    matches!(kind, "ParameterizedMethod" | "ParameterizedTest" | "GenericMethod" | "Theory");
                let name = element.attribute("fullname").or(element.attribute("name"));
                let name = name.filter(|_| is_suite && !is_method).map(str::to_owned);
                if is_suite && self.suites.iter().all(|suite| suite.is_run) && self.kind == Kind::NUnit2 {
                    self.tally.lasted_in_all(element.attribute("time").and_then(seconds));
                }
                let mark = self.tally.mark();
                self.suites.push(Suite { depth, name, is_run: !is_suite, mark, is_failed: is_failed(element) });
            }
            // Before 2.5 a suite has no result but its failure; `success` and the sums tell of the cases.
            "failure" | "error" => {
                if let Some(suite) = self.suites.last_mut().filter(|suite| suite.depth + 1 == depth) {
                    suite.is_failed = true;
                }
            }
            _ => {}
        }
        if depth == 1 {
            self.tally.lasted_in_all(element.attribute("duration").and_then(seconds));
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            let by_children = if case.is_failed { Outcome::Failed } else { Outcome::Passed };
            let suite = self.name();
            self.tally.add(&suite, case.outcome.unwrap_or(by_children));
        }
        if self.suites.last().is_some_and(|suite| suite.depth == depth) {
            let name = self.name();
            if let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed) {
                self.tally.fail_since(suite.mark, &name);
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        if !self.is_nunit {
            let found = "it is XML whose root is called as in NUnit's, without a suite of it".into();
            return Err(Refusal::NotAReport { found });
        }
        Ok(self.tally.finish(self.kind))
    }
}

/// Whether a run or a suite says in its result that it failed. `NotRunnable` and `Invalid` are what could not be
/// loaded.
fn is_failed(suite: &Element) -> bool {
    let result = suite.attribute("result").map(|result| result.split('(').next().unwrap_or_default().trim());
    matches!(result, Some("Failed" | "Failure" | "Error" | "NotRunnable" | "Invalid" | "Cancelled"))
}

/// NUnit before 2.5 has no `result`, only `executed` and `success`; a case that has neither tells by its children.
fn outcome(element: &Element) -> Option<Outcome> {
    let is = |name, value: &str| element.attribute(name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value));
    if is("executed", "false") {
        return Some(Outcome::Skipped);
    }
    match element.attribute("result").map(|result| result.split('(').next().unwrap_or_default().trim()) {
        Some("Failed" | "Failure" | "Error" | "Cancelled") => Some(Outcome::Failed),
        Some("Skipped" | "Ignored" | "Inconclusive" | "NotRunnable" | "NotRun" | "Explicit") => Some(Outcome::Skipped),
        // A warning is no failure to NUnit either.
        Some("Passed" | "Success" | "Warning") => Some(Outcome::Passed),
        _ if is("success", "false") => Some(Outcome::Failed),
        // Explored, and not run.
        None if element.attribute("runstate").is_some() && element.attribute("executed").is_none() => {
            Some(Outcome::Skipped)
        }
        _ => None,
    }
}
