//! `mocha --reporter json`, and documents that have its `stats`, such as those of mochawesome before version 4.
//!
//! The lists of passes, failures and pending tests count, and not the list `tests`, because a failed hook is a failure
//! but not a test. Failures that only the totals contain count as one failure.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    document::format::DocumentFormat,
    duration::from_milliseconds,
    report::{ReportFormat, TestCounts, TestReport},
    tally::Tally,
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"stats\"", "\"passes\""], &["\"stats\"", "\"suites\"", "\"tests\""]],
    is_format_of: |outline| outline.stats.has("passes") && outline.stats.has("failures"),
    read,
};

const NAME: ReportFormat = ReportFormat::named("mocha JSON");

#[derive(Deserialize)]
struct Document {
    stats: Stats,
    passes: Option<Vec<IgnoredAny>>,
    failures: Option<Vec<IgnoredAny>>,
    pending: Option<Vec<IgnoredAny>>,
}

/// The counts of mocha, which mochawesome writes as well.
#[derive(Deserialize)]
pub(super) struct Stats {
    passes: u64,
    failures: u64,
    #[serde(default)]
    pending: u64,
    /// Written by mochawesome: tests that did not run because a hook failed.
    #[serde(default)]
    skipped: u64,
    /// Written by mochawesome: hooks that failed, which are not in its `failures`.
    #[serde(default)]
    other: u64,
    pub(super) duration: Option<f64>,
}

impl Stats {
    /// The counts. A failed hook counts as a failed test.
    pub(super) fn counts(&self) -> TestCounts {
        TestCounts {
            passed: self.passes,
            failed: self.failures.saturating_add(self.other),
            skipped: self.pending.saturating_add(self.skipped),
        }
    }
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let document: Document = serde_json::from_str(text)?;
    let length = |list: &Vec<IgnoredAny>| u64::try_from(list.len()).unwrap_or(u64::MAX);
    let stats = &document.stats;
    let counts = match (&document.passes, &document.failures, &document.pending) {
        (Some(passes), Some(failures), Some(pending)) => {
            TestCounts { passed: length(passes), failed: length(failures), skipped: length(pending) }
        }
        _ => stats.counts(),
    };
    let mut tally = Tally::default();
    tally.add_counts("", counts);
    if stats.counts().failed > 0 {
        tally.fail_file();
    }
    tally.set_duration(stats.duration.and_then(from_milliseconds));
    Ok(tally.finish(NAME))
}
