//! The format of `CppUnit`'s XML outputter, which AUnit's XML reporter writes with the elements in another order.
//!
//! Tests are listed by outcome. A test that failed twice, such as by an assertion and in its tear-down, is listed twice
//! under one id and counts once. If the statistics count more tests than are listed, the rest is taken from the
//! statistics.

use std::collections::HashSet;

use crate::{
    refusal::ReportRefusal,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement},
};

const NAME: ReportFormat = ReportFormat::named("CppUnit");

#[derive(Debug, Default)]
pub(super) struct CppUnit {
    tally: Tally,
    /// The outcome of the tests in the open list.
    list: Option<TestOutcome>,
    /// The ids of the tests that were counted.
    seen: HashSet<String>,
    /// The number of tests and of failures in the statistics.
    tests: u64,
    failures: u64,
}

impl ElementSink for CppUnit {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (depth, &*element.name) {
            (2, "FailedTests") => self.list = Some(TestOutcome::Failed),
            (2, "SuccessfulTests") => self.list = Some(TestOutcome::Passed),
            (3, "Test" | "FailedTest") => {
                let Some(outcome) = self.list else { return };
                let is_new = element.attribute("id").is_none_or(|id| self.seen.insert(id.to_owned()));
                if is_new {
                    self.tally.add("", outcome);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        match (depth, name) {
            (2, _) => self.list = None,
            (3, "Tests") => self.tests = text.trim().parse().unwrap_or(0),
            (3, "FailuresTotal") => self.failures = text.trim().parse().unwrap_or(0),
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        let counts = self.tally.counts();
        let unlisted = self.tests.saturating_sub(counts.total());
        if unlisted > 0 {
            let failed = self.failures.saturating_sub(counts.failed).min(unlisted);
            self.tally.add_counts("", TestCounts { passed: unlisted - failed, failed, skipped: 0 });
            self.tally.remark(format!("{unlisted} test(s) are not listed; they are counted by the statistics"));
        }
        if self.failures > 0 {
            self.tally.fail_file();
        }
        Ok(self.tally.finish(NAME))
    }
}
