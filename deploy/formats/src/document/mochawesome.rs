//! Mochawesome, a report of mocha and Cypress: nested suites with tests and hooks. Reports that mochawesome-merge
//! merged have the same form.
//!
//! A hook that failed is one failure, as in mocha's own total. Mochawesome counts it only in its total `other`. Tests
//! that did not run because of a failed hook were skipped.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    document::{format::DocumentFormat, mocha::Stats},
    duration::from_milliseconds,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"stats\"", "\"testsRegistered\""], &["\"stats\"", "\"results\"", "\"uuid\""]],
    is_format_of: |outline| {
        outline.stats.has("passes") && outline.stats.has("failures") && outline.results.is_list_of("suites")
    },
    read,
};

const NAME: ReportFormat = ReportFormat::named("Mochawesome JSON");

#[derive(Deserialize)]
struct Document<'a> {
    stats: Stats,
    #[serde(borrow)]
    results: Vec<Suite<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite<'a> {
    #[serde(borrow, default)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    file: Option<Cow<'a, str>>,
    #[serde(default)]
    before_hooks: Vec<Hook>,
    #[serde(default)]
    after_hooks: Vec<Hook>,
    #[serde(default)]
    tests: Vec<Test>,
    #[serde(borrow, default)]
    suites: Vec<Suite<'a>>,
}

/// A hook. One that was not reached has neither passed nor failed.
#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    fail: bool,
}

/// A test, reduced to its outcome while it is read, so that a long list takes little memory.
#[derive(Deserialize)]
#[serde(from = "WrittenTest")]
struct Test(TestOutcome);

#[derive(Deserialize)]
struct WrittenTest<'a> {
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    #[serde(default)]
    pass: bool,
    #[serde(default)]
    fail: bool,
    #[serde(default)]
    pending: bool,
    #[serde(default)]
    skipped: bool,
}

impl From<WrittenTest<'_>> for Test {
    fn from(test: WrittenTest<'_>) -> Self {
        let state = test.state.as_deref();
        Self(if test.fail || state == Some("failed") {
            TestOutcome::Failed
        } else if test.pending || test.skipped || matches!(state, Some("pending" | "skipped")) {
            TestOutcome::Skipped
        } else if test.pass || state == Some("passed") {
            TestOutcome::Passed
        } else {
            TestOutcome::Failed
        })
    }
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let Document { stats, results } = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    results.iter().for_each(|suite| count(&mut tally, suite, ""));
    let counts = stats.counts();
    if tally.counts().total() == 0 {
        tally.add_counts("", counts);
    }
    if counts.failed > 0 {
        tally.fail_file();
    }
    tally.set_duration(stats.duration.and_then(from_milliseconds));
    Ok(tally.finish(NAME))
}

/// Counts a suite and the suites in it. Only the outermost suite of a file names the file. The JSON parser limits the
/// nesting, so the recursion cannot exhaust the stack.
fn count(tally: &mut Tally, suite: &Suite<'_>, outer_file: &str) {
    let file = suite.file.as_deref().filter(|file| !file.is_empty()).unwrap_or(outer_file);
    let name = if file.is_empty() { &suite.title } else { file };
    suite.tests.iter().for_each(|test| tally.add(name, test.0));
    let hooks = suite.before_hooks.iter().chain(&suite.after_hooks);
    hooks.filter(|hook| hook.fail).for_each(|_| tally.add(name, TestOutcome::Failed));
    suite.suites.iter().for_each(|suite| count(tally, suite, file));
}
