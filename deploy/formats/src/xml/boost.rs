//! Boost.Test: its log (`--log_format=XML`), in which a test case fails by an error logged in it, and its result report
//! (`--report_format=XML`), in which each test case states its result.
//!
//! An error in a suite outside its test cases, such as in a global fixture, is one failure if no test case in the suite
//! failed. A file may contain both; the first one counts.

use std::time::Duration;

use crate::{
    refusal::ReportRefusal,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    roots: &ROOTS,
    start: |root| if root.name == "TestLog" { Some(Box::<Log>::default()) } else { Some(Box::<Results>::default()) },
};

const ROOTS: [&str; 2] = ["TestLog", "TestResult"];
const NAME: ReportFormat = ReportFormat::named("Boost.Test");

#[derive(Debug)]
struct Suite {
    name: String,
    mark: FailureMark,
    is_failed: bool,
}

/// The log: `<TestLog>`.
#[derive(Debug, Default)]
struct Log {
    tally: Tally,
    /// The log and the open suites, outermost first.
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Whether there was a suite or an error. Files of other tools may have a root of the same name.
    is_boost: bool,
    has_content: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    outcome: TestOutcome,
}

impl ElementSink for Log {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        self.has_content |= depth > 1;
        match (&*element.name, &mut self.case) {
            ("Error" | "FatalError" | "Exception" | "SystemError", Some(case)) if depth == case.depth + 1 => {
                case.outcome = TestOutcome::Failed;
            }
            ("Error" | "FatalError" | "Exception" | "SystemError", None) => {
                self.is_boost = true;
                if let Some(suite) = self.suites.last_mut() {
                    suite.is_failed = true;
                }
            }
            ("TestSuite" | "TestLog", None) => {
                self.is_boost |= element.name == "TestSuite";
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.suites.push(Suite { name, mark: self.tally.mark(), is_failed: false });
            }
            // A skipped test case is listed without content; a skipped suite lists no test cases.
            ("TestCase", None) if element.is("skipped", "yes") => self.add(TestOutcome::Skipped),
            ("TestCase", None) => self.case = Some(Case { depth, outcome: TestOutcome::Passed }),
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            self.add(case.outcome);
        } else if name == "TestSuite" || depth == 1 {
            if let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed) {
                self.tally.fail_since(suite.mark, &suite.name);
            }
        } else if name == "TestingTime" && self.case.is_some() {
            self.tally.add_duration(text.trim().parse().ok().map(Duration::from_micros));
        }
    }

    fn skips_root(&self, name: &str) -> bool {
        ROOTS.contains(&name)
    }

    fn finish(self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if self.has_content && !self.is_boost {
            let found = "it is XML with the root <TestLog>, without a suite of Boost.Test".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        Ok(self.tally.finish(NAME))
    }
}

impl Log {
    fn add(&mut self, outcome: TestOutcome) {
        self.tally.add(self.suites.last().map_or("", |suite| &suite.name), outcome);
    }
}

/// The result report: `<TestResult>`.
#[derive(Debug, Default)]
struct Results {
    tally: Tally,
    /// The open suites, outermost first.
    suites: Vec<Suite>,
    /// Whether there was a suite. Files of other tools may have a root of the same name.
    has_suite: bool,
    has_case: bool,
    /// Whether a suite failed before any test case was listed.
    is_failed: bool,
    /// The totals of the outermost suites, for a report that lists no test cases.
    totals: TestCounts,
}

impl ElementSink for Results {
    fn open(&mut self, element: &XmlElement, _: usize) {
        match &*element.name {
            "TestSuite" => {
                if self.suites.is_empty() {
                    let total = |names: &[&str]| names.iter().filter_map(|name| element.number(name)).sum();
                    self.totals += TestCounts {
                        passed: total(&["test_cases_passed", "test_cases_passed_with_warnings"]),
                        failed: total(&["test_cases_failed"]),
                        skipped: total(&["test_cases_skipped"]),
                    };
                }
                self.has_suite = true;
                let result = element.attribute("result").map(str::trim);
                let is_failed = matches!(result, Some("failed" | "aborted"));
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.suites.push(Suite { name, mark: self.tally.mark(), is_failed });
            }
            "TestCase" => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("passed" | "passed with warnings") => TestOutcome::Passed,
                    Some("skipped") => TestOutcome::Skipped,
                    _ => TestOutcome::Failed,
                };
                self.has_case = true;
                self.tally.add(self.suites.last().map_or("", |suite| &suite.name), outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: &str, _: usize) {
        if name == "TestSuite"
            && let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed)
        {
            if self.has_case {
                self.tally.fail_since(suite.mark, &suite.name);
            } else {
                self.is_failed = true;
            }
        }
    }

    fn skips_root(&self, name: &str) -> bool {
        ROOTS.contains(&name)
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if !self.has_suite {
            let found = "it is XML with the root <TestResult>, without a suite of Boost.Test".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        if self.tally.counts().total() == 0 {
            self.tally.add_counts("", self.totals);
        }
        if self.is_failed {
            self.tally.fail_file();
        }
        Ok(self.tally.finish(NAME))
    }
}
