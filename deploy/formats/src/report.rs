//! The result of reading a file: a test report with its counts.

use std::{fmt, ops::AddAssign, time::Duration};

/// The tests of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct TestReport {
    /// The format of the file.
    pub format: ReportFormat,
    /// All test cases, and one failure for each run or suite that failed although no test case in it did.
    pub counts: TestCounts,
    /// How many of the failures are runs and suites that failed although no test case in them did.
    pub suite_failures: u64,
    /// How long the tests took, if the file says so.
    pub duration: Option<Duration>,
    /// The tests by suite, package, class or file, in the order of the file; empty if the format has no suites.
    pub suites: Vec<TestSuite>,
    /// Sentences for a person who reads the counts, such as that a run was cut short or a plan was not met.
    pub remarks: Vec<String>,
}

impl AddAssign for TestReport {
    /// Adds another report from the same file.
    fn add_assign(&mut self, other: Self) {
        self.counts += other.counts;
        self.suite_failures = self.suite_failures.saturating_add(other.suite_failures);
        self.duration = match (self.duration, other.duration) {
            (Some(first), Some(second)) => Some(first.saturating_add(second)),
            (first, second) => first.or(second),
        };
        self.suites.extend(other.suites);
        self.remarks.extend(other.remarks);
    }
}

/// The tests of one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestSuite {
    /// The name that the tool gives the suite.
    pub name: String,
    /// The suite's own tests, without those of nested suites.
    pub counts: TestCounts,
}

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestCounts {
    /// Tests that ran without an error.
    pub passed: u64,
    /// Tests that failed, ended with an error or could not be built.
    pub failed: u64,
    /// Tests that did not run, or whose result is inconclusive.
    pub skipped: u64,
}

impl TestCounts {
    /// The sum of all three.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed).saturating_add(self.skipped)
    }
}

impl AddAssign for TestCounts {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// A report format, such as JUnit XML or TAP.
///
/// It is a name and not an enum: each format's file declares its own name, so a new format needs no change of a list
/// elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFormat(&'static str);

impl ReportFormat {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// The format's name, as its users call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
