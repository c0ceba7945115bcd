//! Playwright's JSON reporter: suites in suites, in them specs, in each spec a test for each project.
//!
//! A test that failed and passed when tried again is flaky, and passed. Errors outside every test, as of a file that
//! does not load or of the global set-up, are one failure where no test failed.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally, milliseconds},
};

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

pub(crate) fn read(text: &str) -> Result<Report, serde_json::Error> {
    let Document { suites, errors, stats } = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    suites.iter().for_each(|suite| count(&mut tally, suite));
    let summed =
        Counts { passed: stats.expected.saturating_add(stats.flaky), failed: stats.unexpected, skipped: stats.skipped };
    if tally.counts().total() == 0 {
        tally.add_all("", summed);
    } else if tally.counts() != summed {
        tally.remark("the sums differ from the tests that are listed; these count");
    }
    if stats.unexpected > 0 || !errors.is_empty() {
        tally.fail_since(Mark::default(), "");
    }
    tally.lasted_in_all(stats.duration.and_then(milliseconds));
    Ok(tally.finish(Kind::PlaywrightJson))
}

/// Counts a suite and those in it; a document of JSON is not deep enough for this to be a danger to the stack.
fn count(tally: &mut Tally, suite: &Suite<'_>) {
    let name = suite.file.as_deref().unwrap_or(&suite.title);
    for spec in &suite.specs {
        for test in &spec.tests {
            let outcome = match test.status.as_deref() {
                Some("expected" | "flaky") => Outcome::Passed,
                Some("skipped") => Outcome::Skipped,
                None if spec.ok == Some(true) => Outcome::Passed,
                _ => Outcome::Failed,
            };
            tally.add(name, outcome);
        }
    }
    suite.suites.iter().for_each(|suite| count(tally, suite));
}
