//! doctest's XML reporter. A `TEST_CASE` counts once, whatever subcases are in it.
//!
//! The result is doctest's own, which takes expected failures into account: a test case that may fail or should fail
//! has passed if it behaved as expected. Test cases that a filter excluded were skipped, as in doctest's own totals.

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat { roots: &["doctest"], start: |_| Some(Box::<Doctest>::default()) };

const NAME: ReportFormat = ReportFormat::named("doctest");

#[derive(Debug, Default)]
struct Doctest {
    tally: Tally,
    /// The name of the open suite.
    suite: String,
    case: Option<Case>,
    /// Whether the totals at the end of the run contain failures.
    is_failed: bool,
    is_doctest: bool,
    is_listing: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    has_exception: bool,
    outcome: Option<TestOutcome>,
}

impl Case {
    fn new(element: &XmlElement, depth: usize) -> Self {
        // In a list of tests without results, `false` means that the test would run.
        let outcome = element.attribute("skipped").is_some().then_some(TestOutcome::Skipped);
        Self { depth, has_exception: false, outcome }
    }

    /// The totals at the end of the test case.
    fn end(&mut self, totals: &XmlElement) {
        // Versions before 2.4 do not state a result.
        let has_failure = self.has_exception || totals.number("failures").is_some_and(|failures| failures > 0);
        let is_success = totals.attribute("test_case_success").map_or(!has_failure, |success| success == "true");
        self.outcome = Some(if is_success { TestOutcome::Passed } else { TestOutcome::Failed });
    }
}

impl ElementSink for Doctest {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (&*element.name, &mut self.case) {
            ("Options", None) => self.is_doctest = true,
            ("TestSuite", None) => {
                self.is_doctest = true;
                element.attribute("name").unwrap_or_default().clone_into(&mut self.suite);
            }
            ("TestCase", None) => {
                self.is_doctest = true;
                if let Some(suite) = element.attribute("testsuite") {
                    suite.clone_into(&mut self.suite);
                }
                self.case = Some(Case::new(element, depth));
            }
            ("Exception", Some(case)) => case.has_exception = true,
            ("OverallResultsAsserts", Some(case)) if depth == case.depth + 1 => {
                case.end(element);
                self.tally.add_duration(element.attribute("duration").and_then(parse_seconds));
            }
            ("OverallResultsTestCases", None) => {
                self.is_failed |= element.number("failures").is_some_and(|failures| failures > 0);
                self.is_listing = element.attribute("unskipped").is_some();
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            // A test case without a result did not finish.
            self.tally.add(&self.suite, case.outcome.unwrap_or(TestOutcome::Failed));
        } else if name == "TestSuite" && self.case.is_none() {
            self.suite.clear();
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if !self.is_doctest {
            let found = "it is XML with the root <doctest>, without anything of doctest in it".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        if self.is_failed {
            self.tally.fail_file();
        }
        if self.is_listing {
            self.tally.remark("the tests were listed and not run");
        }
        Ok(self.tally.finish(NAME))
    }
}
