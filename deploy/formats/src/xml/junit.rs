//! JUnit XML, in the dialects of some forty tools that all call their root `testsuites` or `testsuite`.
//!
//! Test cases count. A case ends as its children say: one that is both `skipped` and `failure` or `error` was skipped,
//! as a test that is still to do and fails as expected, unless its tool counts it otherwise; where there are no such
//! children, an attribute `status` or
//! `result` may tell. Surefire's `flakyFailure` and `rerunFailure` tell of other tries of the same case and change
//! nothing: a test that passed in the end has passed.
//!
//! A suite that failed as a whole, by a `failure` or `error` of its own, is one failure where no case in it failed. So
//! is one that declares errors of which no case tells, or failures without listing any case. Otherwise the sums of
//! suites are not believed: they are missing, stale or of other meanings in too many dialects.

use std::time::Duration;

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Mark, Outcome, Tally, seconds},
    xml::{Element, Elements},
};

/// What stands directly in a suite, beside suites and cases.
const BESIDE_CASES: [&str; 6] = ["properties", "system-out", "system-err", "error", "failure", "skipped"];

#[derive(Debug, Default)]
pub(crate) struct JUnit {
    tally: Tally,
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Whether something that JUnit XML knows lies in the root, and whether something else does.
    has_known: bool,
    has_foreign: bool,
    /// Whether the file lists the tests of a GoogleTest program, none of which ran.
    is_listing: bool,
    /// Whether the cases are instructions for people, as TestLink exports them.
    is_manual: bool,
    /// How many tests the largest suite says it has.
    declared: u64,
    root_time: Option<Duration>,
    suites_time: Option<Duration>,
}

#[derive(Debug)]
struct Suite {
    depth: usize,
    name: String,
    mark: Mark,
    /// A `failure` or an `error` lies in it, beside the cases.
    is_broken: bool,
    has_case: bool,
    /// Its failures and its errors, as it declares them.
    failures: Option<u64>,
    errors: Option<u64>,
    /// Cases directly in it that failed, and such that failed and are marked as flaky.
    failed: u64,
    flaky: u64,
    /// A failure in it was no failure in the end, so its sums prove nothing.
    has_pardoned: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    is_failed: bool,
    is_skipped: bool,
    is_flaky: bool,
    /// The tool counts a case that is both skipped and failed as failed: pytest, where a fixture broke after the test
    /// was skipped, and GoogleTest, where a check failed before it was; GoogleTest calls such a case `completed`.
    is_strict: bool,
    /// The reason that CTest gives for a test that it could not run.
    is_unable: bool,
    /// Other tries of it failed.
    has_tries: bool,
    /// What its attributes say, for a case without children that do.
    said: Outcome,
}

impl Elements for JUnit {
    fn open(&mut self, element: &Element, depth: usize) {
        if let Some(case) = &mut self.case {
            if depth == case.depth + 1 {
                case.child(element);
            }
            return;
        }
        let time = element.attribute("time").and_then(seconds);
        let name = &*element.name;
        if depth == 2 {
            let is_known = matches!(name, "testsuite" | "testcase") || BESIDE_CASES.contains(&name);
            self.has_known |= is_known;
            self.has_foreign |= !is_known;
        }
        match name {
            "testsuites" | "testsuite" | "testrun" => {
                if depth == 1 {
                    self.root_time = time;
                    self.is_listing = name == "testsuites"
                        && element.attribute("name") == Some("AllTests")
                        && ["failures", "errors", "time"].iter().all(|sum| element.attribute(sum).is_none());
                } else if depth == 2 {
                    self.suites_time = match (self.suites_time, time) {
                        (Some(sum), Some(time)) => Some(sum.saturating_add(time)),
                        (sum, time) => sum.or(time),
                    };
                }
                self.open_suite(element, depth);
            }
            "testcase" => {
                if let Some(time) = time {
                    self.tally.lasted(time);
                }
                self.is_manual |= element.attribute("internalid").is_some();
                let mut case = Case::new(element, depth);
                if self.is_listing && ["status", "result", "time"].iter().all(|end| element.attribute(end).is_none()) {
                    case.said = Outcome::Skipped;
                }
                self.case = Some(case);
            }
            "error" | "failure" => {
                if let Some(suite) = self.suites.last_mut().filter(|suite| suite.depth + 1 == depth) {
                    suite.is_broken = true;
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            self.close_case(&case);
        }
        if let Some(suite) = self.suites.pop_if(|suite| suite.depth == depth) {
            self.close_suite(&suite);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if self.is_manual {
            return Err(Refusal::NotAReport { found: "it is a list of cases that people try by hand".into() });
        }
        self.tally.lasted_in_all(self.root_time.or(self.suites_time));
        if self.tally.counts().total() == 0 {
            if self.has_foreign && !self.has_known {
                let found = "it is XML whose root is called as in JUnit XML, without suites or cases of it".into();
                return Err(Refusal::NotAReport { found });
            }
            if self.declared > 0 {
                let tests = self.declared;
                self.tally.remark(format!("a suite declares {tests} tests but no test case is listed"));
            }
        } else if self.is_listing && self.tally.counts().skipped == self.tally.counts().total() {
            self.tally.remark("the tests were listed and not run");
        }
        Ok(self.tally.finish(Kind::JUnit))
    }
}

impl JUnit {
    fn open_suite(&mut self, element: &Element, depth: usize) {
        if element.name == "testsuite" {
            self.declared = self.declared.max(element.number("tests").unwrap_or(0));
        }
        self.suites.push(Suite {
            depth,
            name: element.attribute("name").unwrap_or_default().to_owned(),
            mark: self.tally.mark(),
            is_broken: false,
            has_case: false,
            failures: element.number("failures"),
            errors: element.number("errors"),
            failed: 0,
            flaky: 0,
            has_pardoned: false,
        });
    }

    fn close_case(&mut self, case: &Case) {
        let outcome = case.outcome();
        let is_pardoned = case.has_tries || (case.is_failed && outcome != Outcome::Failed);
        let Some(suite) = self.suites.last_mut() else { return };
        suite.has_case = true;
        suite.has_pardoned |= is_pardoned;
        if outcome == Outcome::Failed && case.is_flaky {
            // Whether that is a failure only the suite's sums tell, when all its cases are known.
            suite.flaky += 1;
            return;
        }
        suite.failed += u64::from(outcome == Outcome::Failed);
        self.tally.add(&suite.name, outcome);
    }

    fn close_suite(&mut self, suite: &Suite) {
        let (failures, errors) = (suite.failures.unwrap_or(0), suite.errors.unwrap_or(0));
        let is_flaky_passed = suite.failures.is_some() && failures.saturating_add(errors) <= suite.failed;
        let flaky = if is_flaky_passed { Outcome::Passed } else { Outcome::Failed };
        (0..suite.flaky).for_each(|_| self.tally.add(&suite.name, flaky));
        let has_pardoned = suite.has_pardoned || (suite.flaky > 0 && is_flaky_passed);
        let has_untold = errors > 0 || (failures > 0 && !suite.has_case);
        if suite.is_broken || (has_untold && !has_pardoned) {
            self.tally.fail_since(suite.mark, &suite.name);
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.has_pardoned |= has_pardoned;
            outer.has_case |= suite.has_case;
        }
    }
}

impl Case {
    fn new(element: &Element, depth: usize) -> Self {
        let is = |name, value: &str| element.attribute(name).is_some_and(|given| given.eq_ignore_ascii_case(value));
        Self {
            depth,
            is_failed: false,
            is_skipped: false,
            is_flaky: is("flaky", "true"),
            is_strict: is("result", "completed"),
            is_unable: is("status", "notrun"),
            has_tries: false,
            said: said(element),
        }
    }

    /// An element directly in the case.
    fn child(&mut self, element: &Element) {
        match &*element.name {
            "failure" | "error" => self.is_failed = true,
            // PHPUnit's test that could not be run, because its data provider is broken.
            "warning" => self.is_failed |= element.attribute("type").is_some_and(|kind| kind.starts_with("PHPUnit")),
            "skipped" | "skip" => {
                self.is_skipped = true;
                self.is_strict |= element.attribute("type").is_some_and(|kind| kind.starts_with("pytest."));
                // CTest: `notrun` with a reason, which is no failure where the test was disabled or asked for it.
                let reason = element.attribute("message").unwrap_or_default();
                self.is_unable &= !(reason.is_empty() || reason == "Disabled" || reason.starts_with("SKIP_"));
            }
            "flakyFailure" | "flakyError" | "rerunFailure" | "rerunError" => self.has_tries = true,
            _ => {}
        }
    }

    fn outcome(&self) -> Outcome {
        match (self.is_failed, self.is_skipped) {
            (true, true) if self.is_strict => Outcome::Failed,
            (false, true) if self.is_unable => Outcome::Failed,
            (_, true) => Outcome::Skipped,
            (true, false) => Outcome::Failed,
            (false, false) => self.said,
        }
    }
}

/// What a case's attributes say: GoogleTest's `status` and `result`, CTest's, and some tools' that write no children.
/// What was `aborted` is what JUnit calls so, a case whose assumption did not hold.
fn said(element: &Element) -> Outcome {
    for name in ["status", "result"] {
        let value = element.attribute(name).unwrap_or_default().to_ascii_lowercase();
        match value.as_str() {
            "fail" | "failed" | "failure" | "error" | "errored" | "not ok" | "broken" | "crash" | "crashed"
            | "killed" | "timeout" | "timedout" | "timed_out" | "timed out" | "cancelled" | "canceled"
            | "interrupted" => {
                return Outcome::Failed;
            }
            "skip" | "skipped" | "suppressed" | "ignored" | "disabled" | "notrun" | "not_run" | "not run"
            | "pending" | "inconclusive" | "aborted" | "blocked" | "todo" | "xfail" | "xfailed" => {
                return Outcome::Skipped;
            }
            _ => {}
        }
    }
    Outcome::Passed
}
