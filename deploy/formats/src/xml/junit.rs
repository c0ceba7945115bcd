//! JUnit XML, in the dialects of about forty tools, which all call their root element `testsuites` or `testsuite`.
//!
//! Test cases count. The child elements of a test case state its outcome:
//!
//! - With `failure` or `error` it failed; with `skipped` it was skipped.
//! - With both it was skipped, such as a test marked as to do that fails as expected, unless the tool counts such a
//!   test as failed.
//! - With neither, an attribute `status` or `result` may state the outcome.
//! - Surefire's `flakyFailure` and `rerunFailure` describe other attempts at the same test case and change nothing: a
//!   test that passed in the end has passed.
//!
//! A suite adds one failure if no test case in it failed and one of these holds: it has a `failure` or `error` of its
//! own, it declares errors that no test case has, or it declares failures and lists no test case. Otherwise the totals
//! of suites are ignored, because in many dialects they are missing, out of date or mean something else.

use std::time::Duration;

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    // `testrun` is the root of Eclipse's exports.
    roots: &["testsuites", "testsuite", "testrun"],
    start: |_| Some(Box::<JUnit>::default()),
};

const NAME: ReportFormat = ReportFormat::named("JUnit XML");
/// The elements of a suite other than suites and test cases.
const BESIDE_CASES: [&str; 6] = ["properties", "system-out", "system-err", "error", "failure", "skipped"];

#[derive(Debug, Default)]
struct JUnit {
    tally: Tally,
    /// The open suites, outermost first.
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Whether the root contains an element of JUnit XML.
    has_known: bool,
    /// Whether the root contains an element that JUnit XML does not have.
    has_foreign: bool,
    /// Whether the file only lists the tests of a GoogleTest program, which were not run.
    is_listing: bool,
    /// Whether the test cases are instructions for people, as exported by TestLink.
    is_manual: bool,
    /// The number of tests that the largest suite declares.
    declared: u64,
    root_duration: Option<Duration>,
    suites_duration: Option<Duration>,
}

#[derive(Debug)]
struct Suite {
    depth: usize,
    name: String,
    mark: FailureMark,
    /// Whether it has a `failure` or an `error` of its own.
    is_broken: bool,
    has_case: bool,
    /// The number of failures that it declares.
    failures: Option<u64>,
    /// The number of errors that it declares.
    errors: Option<u64>,
    /// Its own test cases that failed, without those marked as flaky.
    failed: u64,
    /// Its own test cases that failed and are marked as flaky.
    flaky: u64,
    /// Whether a failure in it does not count, so that its declared totals prove nothing.
    has_excused_failure: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    is_failed: bool,
    is_skipped: bool,
    /// Whether it is marked as flaky, so that its failure may not count.
    is_flaky: bool,
    /// Whether the tool counts it as failed if it is both skipped and failed. pytest does so if a fixture failed after
    /// the test was skipped; GoogleTest does so, with the result `completed`, if an assertion failed before the test
    /// was skipped.
    is_failed_if_skipped: bool,
    /// Whether CTest could not run it.
    could_not_run: bool,
    /// Whether other attempts at it failed.
    has_failed_attempts: bool,
    /// The outcome that applies if no child element states one.
    stated: TestOutcome,
}

impl ElementSink for JUnit {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        if let Some(case) = &mut self.case {
            if depth == case.depth + 1 {
                case.child(element);
            }
            return;
        }
        let duration = element.attribute("time").and_then(parse_seconds);
        let name = &*element.name;
        if depth == 2 {
            let is_known = matches!(name, "testsuite" | "testcase") || BESIDE_CASES.contains(&name);
            self.has_known |= is_known;
            self.has_foreign |= !is_known;
        }
        match name {
            "testsuites" | "testsuite" | "testrun" => {
                if depth == 1 {
                    self.root_duration = duration;
                    self.is_listing = name == "testsuites"
                        && element.attribute("name") == Some("AllTests")
                        && ["failures", "errors", "time"].iter().all(|total| element.attribute(total).is_none());
                } else if depth == 2 {
                    self.suites_duration = match (self.suites_duration, duration) {
                        (Some(sum), Some(duration)) => Some(sum.saturating_add(duration)),
                        (sum, duration) => sum.or(duration),
                    };
                }
                self.open_suite(element, depth);
            }
            "testcase" => {
                self.tally.add_duration(duration);
                self.is_manual |= element.attribute("internalid").is_some();
                let mut case = Case::new(element, depth);
                if self.is_listing && ["status", "result", "time"].iter().all(|end| element.attribute(end).is_none()) {
                    case.stated = TestOutcome::Skipped;
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

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            self.close_case(&case);
        }
        if let Some(suite) = self.suites.pop_if(|suite| suite.depth == depth) {
            self.close_suite(&suite);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if self.is_manual {
            return Err(ReportRefusal::NotAReport { found: "it is a list of cases that people try by hand".into() });
        }
        self.tally.set_duration(self.root_duration.or(self.suites_duration));
        if self.tally.counts().total() == 0 {
            if self.has_foreign && !self.has_known {
                let found = "it is XML whose root is called as in JUnit XML, without suites or cases of it".into();
                return Err(ReportRefusal::NotAReport { found });
            }
            if self.declared > 0 {
                let tests = self.declared;
                self.tally.remark(format!("a suite declares {tests} tests but no test case is listed"));
            }
        } else if self.is_listing && self.tally.counts().skipped == self.tally.counts().total() {
            self.tally.remark("the tests were listed and not run");
        }
        Ok(self.tally.finish(NAME))
    }
}

impl JUnit {
    fn open_suite(&mut self, element: &XmlElement, depth: usize) {
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
            has_excused_failure: false,
        });
    }

    fn close_case(&mut self, case: &Case) {
        let outcome = case.outcome();
        let is_excused = case.has_failed_attempts || (case.is_failed && outcome != TestOutcome::Failed);
        let Some(suite) = self.suites.last_mut() else { return };
        suite.has_case = true;
        suite.has_excused_failure |= is_excused;
        if outcome == TestOutcome::Failed && case.is_flaky {
            // The totals of the suite decide at its end whether this is a failure.
            suite.flaky += 1;
            return;
        }
        suite.failed += u64::from(outcome == TestOutcome::Failed);
        self.tally.add(&suite.name, outcome);
    }

    fn close_suite(&mut self, suite: &Suite) {
        let (failures, errors) = (suite.failures.unwrap_or(0), suite.errors.unwrap_or(0));
        let are_flaky_passed = suite.failures.is_some() && failures.saturating_add(errors) <= suite.failed;
        let flaky = if are_flaky_passed { TestOutcome::Passed } else { TestOutcome::Failed };
        (0..suite.flaky).for_each(|_| self.tally.add(&suite.name, flaky));
        let has_excused_failure = suite.has_excused_failure || (suite.flaky > 0 && are_flaky_passed);
        let has_unlisted_failure = errors > 0 || (failures > 0 && !suite.has_case);
        if suite.is_broken || (has_unlisted_failure && !has_excused_failure) {
            self.tally.fail_since(suite.mark, &suite.name);
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.has_excused_failure |= has_excused_failure;
            outer.has_case |= suite.has_case;
        }
    }
}

impl Case {
    fn new(element: &XmlElement, depth: usize) -> Self {
        Self {
            depth,
            is_failed: false,
            is_skipped: false,
            is_flaky: element.is("flaky", "true"),
            is_failed_if_skipped: element.is("result", "completed"),
            could_not_run: element.is("status", "notrun"),
            has_failed_attempts: false,
            stated: stated(element),
        }
    }

    /// A child element of the test case.
    fn child(&mut self, element: &XmlElement) {
        match &*element.name {
            "failure" | "error" => self.is_failed = true,
            // PHPUnit writes this for a test that could not run because its data provider is broken.
            "warning" => self.is_failed |= element.attribute("type").is_some_and(|kind| kind.starts_with("PHPUnit")),
            "skipped" | "skip" => {
                self.is_skipped = true;
                self.is_failed_if_skipped |= element.attribute("type").is_some_and(|kind| kind.starts_with("pytest."));
                // CTest gives a reason if a test did not run. A test that was disabled, or asked to be skipped, did not
                // fail.
                let reason = element.attribute("message").unwrap_or_default();
                self.could_not_run &= !(reason.is_empty() || reason == "Disabled" || reason.starts_with("SKIP_"));
            }
            "flakyFailure" | "flakyError" | "rerunFailure" | "rerunError" => self.has_failed_attempts = true,
            _ => {}
        }
    }

    fn outcome(&self) -> TestOutcome {
        match (self.is_failed, self.is_skipped) {
            (true, true) if self.is_failed_if_skipped => TestOutcome::Failed,
            (false, true) if self.could_not_run => TestOutcome::Failed,
            (_, true) => TestOutcome::Skipped,
            (true, false) => TestOutcome::Failed,
            (false, false) => self.stated,
        }
    }
}

/// The outcome by the attributes `status` and `result`, as written by GoogleTest, CTest and tools that write no child
/// elements. `aborted` is JUnit's word for a test case whose assumption did not hold, so it was skipped.
fn stated(element: &XmlElement) -> TestOutcome {
    for name in ["status", "result"] {
        let value = element.attribute(name).unwrap_or_default().to_ascii_lowercase();
        match value.as_str() {
            "fail" | "failed" | "failure" | "error" | "errored" | "not ok" | "broken" | "crash" | "crashed"
            | "killed" | "timeout" | "timedout" | "timed_out" | "timed out" | "cancelled" | "canceled"
            | "interrupted" => {
                return TestOutcome::Failed;
            }
            "skip" | "skipped" | "suppressed" | "ignored" | "disabled" | "notrun" | "not_run" | "not run"
            | "pending" | "inconclusive" | "aborted" | "blocked" | "todo" | "xfail" | "xfailed" => {
                return TestOutcome::Skipped;
            }
            _ => {}
        }
    }
    TestOutcome::Passed
}
