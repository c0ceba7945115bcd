//! Counts test outcomes while a file is read, and makes the report from them.

use std::{collections::HashMap, time::Duration};

use crate::report::{ReportFormat, TestCounts, TestReport, TestSuite};

/// Suites beyond this number are included in the total counts only.
const MOST_SUITES: usize = 10_000;
/// The longest name of a suite, in characters. Longer names are cut before they are compared, so that the work for each
/// test does not depend on the length of its suite's name.
const LONGEST_NAME: usize = 200;

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestOutcome {
    Passed,
    Failed,
    Skipped,
}

impl From<TestOutcome> for TestCounts {
    fn from(outcome: TestOutcome) -> Self {
        match outcome {
            TestOutcome::Passed => Self { passed: 1, ..Self::default() },
            TestOutcome::Failed => Self { failed: 1, ..Self::default() },
            TestOutcome::Skipped => Self { skipped: 1, ..Self::default() },
        }
    }
}

/// The counts of the file so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: TestCounts,
    suites: Vec<TestSuite>,
    /// The index of each suite in `suites`, by its name.
    indexes: HashMap<String, usize>,
    duration: Option<Duration>,
    remarks: Vec<String>,
    suite_failures: u64,
}

/// The number of failures that were counted when a run or a suite began; by default that of the beginning of the file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FailureMark(u64);

impl Tally {
    /// Adds one test of a suite. An empty suite name stands for no suite.
    pub(crate) fn add(&mut self, suite: &str, outcome: TestOutcome) {
        self.add_counts(suite, outcome.into());
    }

    /// Adds several tests of a suite. Counts of zero do not create the suite.
    pub(crate) fn add_counts(&mut self, suite: &str, counts: TestCounts) {
        self.counts += counts;
        if suite.is_empty() || counts == TestCounts::default() {
            return;
        }
        let end = suite.char_indices().nth(LONGEST_NAME).map_or(suite.len(), |(at, _)| at);
        let suite = suite.get(..end).unwrap_or(suite);
        let index = match self.indexes.get(suite) {
            Some(index) => *index,
            None if self.suites.len() == MOST_SUITES => return,
            None => {
                self.indexes.insert(suite.to_owned(), self.suites.len());
                self.suites.push(TestSuite { name: suite.to_owned(), counts: TestCounts::default() });
                self.suites.len() - 1
            }
        };
        if let Some(suite) = self.suites.get_mut(index) {
            suite.counts += counts;
        }
    }

    /// Marks the beginning of a run or a suite that may fail as a whole.
    pub(crate) fn mark(&self) -> FailureMark {
        FailureMark(self.counts.failed)
    }

    /// Adds one failure for a run or a suite that failed as a whole, unless a failure was counted since its mark.
    pub(crate) fn fail_since(&mut self, mark: FailureMark, suite: &str) {
        if self.counts.failed == mark.0 {
            self.suite_failures += 1;
            self.add(suite, TestOutcome::Failed);
        }
    }

    /// Adds one failure for the whole file, unless it already has one.
    pub(crate) fn fail_file(&mut self) {
        self.fail_since(FailureMark::default(), "");
    }

    /// Adds to the duration.
    pub(crate) fn add_duration(&mut self, duration: Option<Duration>) {
        if let Some(duration) = duration {
            self.duration = Some(self.duration.unwrap_or_default().saturating_add(duration));
        }
    }

    /// Replaces the duration, if there is one.
    pub(crate) fn set_duration(&mut self, duration: Option<Duration>) {
        self.duration = duration.or(self.duration);
    }

    pub(crate) fn remark(&mut self, sentence: impl Into<String>) {
        self.remarks.push(sentence.into());
    }

    pub(crate) fn counts(&self) -> TestCounts {
        self.counts
    }

    pub(crate) fn finish(mut self, format: ReportFormat) -> TestReport {
        let suite_failures = self.suite_failures;
        if suite_failures > 0 {
            self.remark(format!(
                "{suite_failures} run(s) or suite(s) failed although no test in them did; each is one failure"
            ));
        }
        let Self { counts, suites, duration, remarks, .. } = self;
        TestReport { format, counts, suite_failures, duration, suites, remarks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: ReportFormat = ReportFormat::named("any");

    #[test]
    fn a_suite_that_failed_as_a_whole_is_one_failure_unless_a_test_in_it_failed() {
        let mut tally = Tally::default();
        tally.add("one", TestOutcome::Failed);
        let (outer, inner) = (tally.mark(), tally.mark());
        tally.add("two", TestOutcome::Passed);
        tally.fail_since(inner, "two");
        tally.fail_since(inner, "two");
        tally.fail_since(outer, "all");
        let report = tally.finish(FORMAT);
        assert_eq!(report.counts, TestCounts { passed: 1, failed: 2, skipped: 0 });
        assert!(report.suite_failures == 1 && report.remarks.len() == 1, "{report:?}");
    }

    #[test]
    fn a_suite_that_comes_again_is_the_same_suite() {
        let mut tally = Tally::default();
        tally.add("one", TestOutcome::Passed);
        tally.add("two", TestOutcome::Skipped);
        tally.add("", TestOutcome::Failed);
        tally.add("one", TestOutcome::Failed);
        let report = tally.finish(FORMAT);
        assert_eq!(report.counts, TestCounts { passed: 1, failed: 2, skipped: 1 });
        let one = TestSuite { name: "one".into(), counts: TestCounts { passed: 1, failed: 1, skipped: 0 } };
        let two = TestSuite { name: "two".into(), counts: TestCounts { passed: 0, failed: 0, skipped: 1 } };
        assert_eq!(report.suites, [one, two]);
    }
}
