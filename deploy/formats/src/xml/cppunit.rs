//! `CppUnit`'s XML outputter, and AUnit's XML reporter, which writes the same elements in another order.
//!
//! Tests are listed by how they ended; a test that failed twice, as by an assertion and in its tear-down, is listed
//! twice under one number and counts once. The statistics count where they name more than is listed.

use std::collections::HashSet;

use crate::{
    refusal::Refusal,
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct CppUnit {
    tally: Tally,
    /// The list that is open.
    list: Option<Outcome>,
    /// The numbers of the tests that are counted.
    seen: HashSet<String>,
    /// The statistic that is open, and its text.
    statistic: Option<(String, String)>,
    tests: u64,
    failures: u64,
}

impl Elements for CppUnit {
    fn open(&mut self, element: &Element, depth: usize) {
        match (depth, &*element.name) {
            (2, "FailedTests") => self.list = Some(Outcome::Failed),
            (2, "SuccessfulTests") => self.list = Some(Outcome::Passed),
            (3, "Test" | "FailedTest") => {
                let Some(outcome) = self.list else { return };
                let is_new = element.attribute("id").is_none_or(|id| self.seen.insert(id.to_owned()));
                if is_new {
                    self.tally.add("", outcome);
                }
            }
            (3, name @ ("Tests" | "FailuresTotal")) => self.statistic = Some((name.to_owned(), String::new())),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, depth: usize) {
        if let Some((_, number)) = self.statistic.as_mut().filter(|_| depth == 3) {
            number.push_str(text);
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if depth == 2 {
            self.list = None;
        }
        if depth == 3
            && let Some((name, number)) = self.statistic.take()
        {
            let number = number.trim().parse().unwrap_or(0);
            if name == "Tests" {
                self.tests = number;
            } else {
                self.failures = number;
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        let Counts { passed, failed, skipped } = self.tally.counts();
        let unlisted = self.tests.saturating_sub(passed.saturating_add(failed).saturating_add(skipped));
        if unlisted > 0 {
            let missing = self.failures.saturating_sub(failed).min(unlisted);
            self.tally.add_all("", Counts { passed: unlisted - missing, failed: missing, skipped: 0 });
            self.tally.remark(format!("{unlisted} test(s) are not listed; they are counted by the statistics"));
        }
        if self.failures > 0 {
            self.tally.fail_since(Mark::default(), "");
        }
        Ok(self.tally.finish(Kind::CppUnit))
    }
}
