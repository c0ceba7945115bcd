//! The tests of a Go package, as both formats of `go test` report them.
//!
//! A package that failed although none of its tests did, such as one whose `TestMain` panics, is one failure. A test
//! that began and did not end has failed, unless its package or an outer test passed: `go test` loses the end of a test
//! that printed half a line before it.

use std::collections::HashSet;

use crate::{report::TestCounts, tally::TestOutcome};

/// The tests of one run of one package.
#[derive(Debug, Default)]
pub(super) struct GoPackage {
    /// Whether the package or a test of it began, and the package has not ended.
    pub(super) is_open: bool,
    counts: TestCounts,
    running: HashSet<String>,
    /// Tests that passed, and that may have subtests.
    passed: HashSet<String>,
}

impl GoPackage {
    pub(super) fn begin(&mut self, test: &str) {
        self.is_open = true;
        self.running.insert(test.to_owned());
    }

    pub(super) fn is_running(&self, test: &str) -> bool {
        self.running.contains(test)
    }

    /// Removes a benchmark that began like a test, because it does not end like one.
    pub(super) fn forget(&mut self, test: &str) {
        self.running.remove(test);
    }

    pub(super) fn end(&mut self, test: &str, outcome: TestOutcome) {
        self.is_open = true;
        self.running.remove(test);
        if outcome == TestOutcome::Passed {
            self.passed.insert(test.to_owned());
        }
        self.counts += outcome.into();
    }

    /// Ends the run of the package and returns its counts. Without a verdict the file ended before the package did.
    pub(super) fn close(&mut self, verdict: Option<TestOutcome>) -> TestCounts {
        let Self { mut counts, running, passed, .. } = std::mem::take(self);
        for test in running {
            let is_in_passed = |(end, _): (usize, char)| test.get(..end).is_some_and(|outer| passed.contains(outer));
            let is_passed = test.char_indices().filter(|(_, c)| *c == '/').any(is_in_passed);
            let outcome = if is_passed { TestOutcome::Passed } else { verdict.unwrap_or(TestOutcome::Failed) };
            counts += outcome.into();
        }
        if verdict == Some(TestOutcome::Failed) && counts.failed == 0 {
            counts.failed = 1;
        }
        counts
    }
}
