//! What is read from a file.

use std::{fmt, ops::AddAssign, time::Duration};

/// What one file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Who wrote it.
    pub kind: Kind,
    /// All its tests, and one failure for each run or suite that failed although no test in it did.
    pub counts: Counts,
    /// How many of the failures are of such runs and suites.
    pub outside: u64,
    /// How long they took, where the file says it.
    pub duration: Option<Duration>,
    /// The tests by suite, package, class or file, in the file's order; empty where the file knows no such thing.
    pub suites: Vec<Suite>,
    /// What a person should know beside the numbers: a run was cut short, a plan was not kept. A sentence each.
    pub remarks: Vec<String>,
}

impl AddAssign for Report {
    /// Another report that stands in the same file.
    fn add_assign(&mut self, other: Self) {
        self.counts += other.counts;
        self.outside = self.outside.saturating_add(other.outside);
        self.duration = match (self.duration, other.duration) {
            (Some(first), Some(second)) => Some(first.saturating_add(second)),
            (first, second) => first.or(second),
        };
        self.suites.extend(other.suites);
        self.remarks.extend(other.remarks);
    }
}

/// Some of a report's tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// As the tool calls it.
    pub name: String,
    /// Its own tests, without those of suites within it.
    pub counts: Counts,
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ran, and nothing was wrong.
    pub passed: u64,
    /// Failed, broke or could not even be built.
    pub failed: u64,
    /// Did not run to an end that says anything.
    pub skipped: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed).saturating_add(self.skipped)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// The kinds of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// JUnit XML, whoever writes it.
    JUnit,
    /// What `CppUnit`'s XML outputter writes, and AUnit in the same shape.
    CppUnit,
    /// The XML log of Check, the C library.
    Check,
    /// Visual Studio's `.trx`.
    Trx,
    /// NUnit 2's `test-results`.
    NUnit2,
    /// NUnit 3's `test-run`.
    NUnit3,
    /// xUnit.net, versions 1 to 3.
    XUnitNet,
    /// CTest's `Test.xml`.
    CTest,
    /// Boost.Test's log or its result report.
    Boost,
    /// Test Anything Protocol, versions 12 to 14.
    Tap,
    /// Common Test Report Format.
    Ctrf,
    /// `go test -json`.
    GoJson,
    /// `go test -v`.
    GoText,
    /// `cargo test -- --format json`.
    LibtestJson,
    /// `dart test --reporter json`.
    DartJson,
    /// `mocha --reporter json`.
    MochaJson,
    /// `rspec --format json`.
    RspecJson,
    /// Playwright's JSON reporter.
    PlaywrightJson,
    /// `jest --json` and Vitest's JSON reporter.
    JestJson,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JUnit => "JUnit XML",
            Self::CppUnit => "CppUnit",
            Self::Check => "Check",
            Self::Trx => "TRX",
            Self::NUnit2 => "NUnit 2",
            Self::NUnit3 => "NUnit 3",
            Self::XUnitNet => "xUnit.net",
            Self::CTest => "CTest",
            Self::Boost => "Boost.Test",
            Self::Tap => "TAP",
            Self::Ctrf => "CTRF",
            Self::GoJson => "go test -json",
            Self::GoText => "go test -v",
            Self::LibtestJson => "libtest JSON",
            Self::DartJson => "dart test JSON",
            Self::MochaJson => "mocha JSON",
            Self::RspecJson => "RSpec JSON",
            Self::PlaywrightJson => "Playwright JSON",
            Self::JestJson => "Jest JSON",
        })
    }
}
