//! Catch2's XML reporter, versions 2 and 3. A `TEST_CASE` counts once, whatever sections and generators are in it.
//!
//! A test case that failed as expected (`[!mayfail]`, `[!shouldfail]`) was skipped, because Catch2 counts it neither as
//! passed nor as failed. So was a test case with a `SKIP()` and without a failure, as in Catch2's own totals.

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    roots: &["Catch", "Catch2TestRun"],
    start: |root| {
        let binary = root.attribute("name").unwrap_or_default().to_owned();
        Some(Box::new(Catch2 { binary, ..Catch2::default() }))
    },
};

const NAME: ReportFormat = ReportFormat::named("Catch2");

#[derive(Debug, Default)]
struct Catch2 {
    tally: Tally,
    /// The name of the test program.
    binary: String,
    case: Option<Case>,
    /// Whether the totals at the end of the run contain failures.
    is_failed: bool,
    has_foreign: bool,
    has_known: bool,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    /// Whether a failure may be expected.
    is_excusable: bool,
    has_failure: bool,
    outcome: Option<TestOutcome>,
}

impl Case {
    fn new(element: &XmlElement, depth: usize) -> Self {
        let tags = element.attribute("tags").unwrap_or_default().to_ascii_lowercase();
        let is_excusable = tags.contains("[!mayfail]") || tags.contains("[!shouldfail]");
        Self { depth, is_excusable, has_failure: false, outcome: None }
    }

    /// The result at the end of the test case.
    fn end(&mut self, result: &XmlElement) {
        let has_skips = result.number("skips").is_some_and(|skips| skips > 0);
        self.outcome = Some(if !result.is("success", "true") {
            TestOutcome::Failed
        } else if has_skips || (self.is_excusable && self.has_failure) {
            TestOutcome::Skipped
        } else {
            TestOutcome::Passed
        });
    }
}

impl ElementSink for Catch2 {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (&*element.name, &mut self.case) {
            ("TestCase", None) => {
                self.has_known = true;
                self.case = Some(Case::new(element, depth));
            }
            ("OverallResult", Some(case)) if depth == case.depth + 1 => {
                case.end(element);
                self.tally.add_duration(element.attribute("durationInSeconds").and_then(parse_seconds));
            }
            ("Expression", Some(case)) => {
                case.has_failure |= element.is("success", "false") && !element.is("type", "CHECK_NOFAIL");
            }
            ("Exception" | "FatalErrorCondition" | "Failure", Some(case)) => case.has_failure = true,
            ("OverallResultsCases", None) if depth == 2 => {
                self.has_known = true;
                self.is_failed |= element.number("failures").is_some_and(|failures| failures > 0);
            }
            ("Group" | "OverallResults" | "Randomness", None) => self.has_known = true,
            _ => self.has_foreign |= depth == 2,
        }
    }

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            // A test case without a result did not finish.
            self.tally.add(&self.binary, case.outcome.unwrap_or(TestOutcome::Failed));
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if self.has_foreign && !self.has_known {
            let found = "it is XML whose root is called as in Catch2's, without results".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        if self.is_failed {
            self.tally.fail_file();
        }
        Ok(self.tally.finish(NAME))
    }
}
