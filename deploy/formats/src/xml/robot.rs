//! Robot Framework's `output.xml`, in the schemas of versions 2 to 7. A test or a task counts once, whatever keywords,
//! loops and template rows are in it.
//!
//! The file contains the statuses of tests before the tear-downs of their suites ran. A failed tear-down makes all
//! tests of its suite failed that were not skipped, and a skipped tear-down makes all of them skipped, as in Robot
//! Framework's own totals. Before version 4 a test could be marked as not critical. Such a test counts as skipped if it
//! failed, like a test with `--skiponfailure` since version 4: neither makes the run fail.

mod time;

use crate::{
    refusal::ReportRefusal,
    report::{ReportFormat, TestCounts, TestReport, TestSuite},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    roots: &["robot"],
    // A URDF file, which describes a robot, has a root of the same name.
    start: |root| root.attribute("generator").is_some().then(|| Box::<Robot>::default() as _),
};

const NAME: ReportFormat = ReportFormat::named("Robot Framework");

#[derive(Debug, Default)]
struct Robot {
    tally: Tally,
    /// All suites so far. A suite comes before those in it.
    suites: Vec<TestSuite>,
    /// The open suites, outermost first.
    open: Vec<OpenSuite>,
    test: Option<Test>,
    unknown_statuses: u64,
    /// The failures of the first total at the end of the file: that of the critical tests, or of all.
    declared_failures: Option<u64>,
}

#[derive(Debug)]
struct OpenSuite {
    depth: usize,
    /// Its index in `suites`. Until it ends, all later suites are nested in it.
    index: usize,
    is_in_teardown: bool,
    /// The outcome that its tear-down gives to its tests.
    verdict: Option<TestOutcome>,
}

#[derive(Debug)]
struct Test {
    depth: usize,
    outcome: TestOutcome,
}

impl Robot {
    fn open_suite(&mut self, element: &XmlElement, depth: usize) {
        let name = element.attribute("name").unwrap_or_default().to_owned();
        let index = self.suites.len();
        self.suites.push(TestSuite { name, counts: TestCounts::default() });
        self.open.push(OpenSuite { depth, index, is_in_teardown: false, verdict: None });
    }

    fn test_outcome(&mut self, status: &XmlElement) -> TestOutcome {
        match status.attribute("status").map(str::trim) {
            Some("PASS") => TestOutcome::Passed,
            Some("FAIL") if status.is("critical", "no") => TestOutcome::Skipped,
            Some("FAIL") => TestOutcome::Failed,
            Some("SKIP" | "NOT RUN" | "NOT_RUN") => TestOutcome::Skipped,
            _ => {
                self.unknown_statuses += 1;
                TestOutcome::Failed
            }
        }
    }

    /// A `status` outside of all tests.
    fn status_of_suite(&mut self, element: &XmlElement, depth: usize) {
        let Some(suite) = self.open.last_mut() else { return };
        if suite.depth == 2 && depth == 3 {
            self.tally.set_duration(time::duration(element));
        } else if suite.is_in_teardown && depth == suite.depth + 2 {
            suite.verdict = match element.attribute("status").map(str::trim) {
                Some("FAIL") => Some(TestOutcome::Failed),
                Some("SKIP") => Some(TestOutcome::Skipped),
                _ => None,
            };
        }
    }

    fn close_suite(&mut self, suite: &OpenSuite) {
        for TestSuite { counts, .. } in self.suites.iter_mut().skip(suite.index) {
            match suite.verdict {
                Some(TestOutcome::Failed) => {
                    let failed = counts.failed + counts.passed;
                    *counts = TestCounts { passed: 0, failed, skipped: counts.skipped };
                }
                Some(TestOutcome::Skipped) => {
                    *counts = TestCounts { skipped: counts.total(), ..TestCounts::default() };
                }
                _ => break,
            }
        }
    }
}

impl ElementSink for Robot {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (&*element.name, &self.test) {
            ("status", Some(test)) if depth == test.depth + 1 => {
                let outcome = self.test_outcome(element);
                self.test = Some(Test { depth: depth - 1, outcome });
            }
            (_, Some(_)) => {}
            ("suite", None) if depth == self.open.last().map_or(2, |suite| suite.depth + 1) => {
                self.open_suite(element, depth);
            }
            // A test without a status did not finish.
            ("test", None) if self.open.last().is_some_and(|suite| suite.depth + 1 == depth) => {
                self.test = Some(Test { depth, outcome: TestOutcome::Failed });
            }
            ("kw", None) => {
                if let Some(suite) = self.open.last_mut().filter(|suite| suite.depth + 1 == depth) {
                    suite.is_in_teardown = element.is("type", "teardown");
                }
            }
            ("status", None) => self.status_of_suite(element, depth),
            ("stat", None) if depth == 4 && self.declared_failures.is_none() => {
                self.declared_failures = Some(element.number("fail").unwrap_or(0));
            }
            _ => {}
        }
    }

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(test) = self.test.take_if(|test| test.depth == depth)
            && let Some(suite) = self.open.last().and_then(|suite| self.suites.get_mut(suite.index))
        {
            suite.counts += test.outcome.into();
        } else if let Some(suite) = self.open.pop_if(|suite| suite.depth == depth) {
            self.close_suite(&suite);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        for suite in &self.suites {
            self.tally.add_counts(&suite.name, suite.counts);
        }
        if self.declared_failures.is_some_and(|failures| failures > 0) {
            self.tally.fail_file();
        }
        if self.unknown_statuses > 0 {
            let tests = self.unknown_statuses;
            self.tally.remark(format!("{tests} test(s) with unknown statuses count as failed"));
        }
        Ok(self.tally.finish(NAME))
    }
}
