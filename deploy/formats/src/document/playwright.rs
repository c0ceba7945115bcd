//! Playwright's JSON reporter: nested suites contain specs, and a spec has a test for each project.
//!
//! A test that failed and passed on a retry is flaky, and counts as passed. Errors outside all tests, such as a file
//! that cannot be loaded or a failed global set-up, are one failure if no test failed.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    document::format::DocumentFormat,
    duration::from_milliseconds,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"suites\"", "\"specs\""]],
    is_format_of: |outline| {
        outline.stats.has("expected") && outline.stats.has("unexpected") && outline.suites.is_list()
    },
    read,
};

const NAME: ReportFormat = ReportFormat::named("Playwright JSON");

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    suites: Vec<Suite<'a>>,
    #[serde(default)]
    errors: Vec<IgnoredAny>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Suite<'a> {
    #[serde(borrow, default)]
    title: Cow<'a, str>,
    #[serde(borrow, default)]
    file: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    suites: Vec<Suite<'a>>,
    #[serde(borrow, default)]
    specs: Vec<Spec<'a>>,
}

#[derive(Deserialize)]
struct Spec<'a> {
    ok: Option<bool>,
    #[serde(borrow, default)]
    tests: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Test<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Stats {
    expected: u64,
    unexpected: u64,
    #[serde(default)]
    flaky: u64,
    #[serde(default)]
    skipped: u64,
    duration: Option<f64>,
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let Document { suites, errors, stats } = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    suites.iter().for_each(|suite| count(&mut tally, suite));
    let totals = TestCounts {
        passed: stats.expected.saturating_add(stats.flaky),
        failed: stats.unexpected,
        skipped: stats.skipped,
    };
    if tally.counts().total() == 0 {
        tally.add_counts("", totals);
    } else if tally.counts() != totals {
        tally.remark("the sums differ from the tests that are listed; these count");
    }
    if stats.unexpected > 0 || !errors.is_empty() {
        tally.fail_file();
    }
    tally.set_duration(stats.duration.and_then(from_milliseconds));
    Ok(tally.finish(NAME))
}

/// Counts a suite and the suites in it. The JSON parser limits the nesting, so the recursion cannot exhaust the stack.
fn count(tally: &mut Tally, suite: &Suite<'_>) {
    let name = suite.file.as_deref().unwrap_or(&suite.title);
    for spec in &suite.specs {
        for test in &spec.tests {
            let outcome = match test.status.as_deref() {
                Some("expected" | "flaky") => TestOutcome::Passed,
                Some("skipped") => TestOutcome::Skipped,
                None if spec.ok == Some(true) => TestOutcome::Passed,
                _ => TestOutcome::Failed,
            };
            tally.add(name, outcome);
        }
    }
    suite.suites.iter().for_each(|suite| count(tally, suite));
}
