//! libtest's JSON events, as written by `cargo test -- -Z unstable-options --format json` and cargo-nextest.
//!
//! Each suite states its totals at its end. Tests whose lines are missing or broken are counted by these totals. Suites
//! may run at the same time, so this is done for all of them together.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;

use crate::{
    duration::from_seconds,
    lines::event::{EventFormat, EventKeys, EventSink},
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: EventFormat = EventFormat { is_format_of, start: || Box::<Libtest>::default() };

const NAME: ReportFormat = ReportFormat::named("libtest JSON");
const EVENTS: [&str; 6] = ["started", "ok", "failed", "ignored", "allowed_failure", "timeout"];

fn is_format_of(keys: &EventKeys<'_>) -> bool {
    match keys.kind.as_deref() {
        Some("suite" | "test") => keys.event.as_deref().is_some_and(|event| EVENTS.contains(&event)),
        Some("bench") => keys.median.is_some(),
        _ => false,
    }
}

#[derive(Debug, Default)]
struct Libtest {
    tally: Tally,
    /// How many tests of each name began and did not end. Two crates may have tests of the same name.
    running: HashMap<String, u64>,
    /// The totals of the suites that ended.
    totals: TestCounts,
    open_suites: u64,
    /// Whether a suite stated that it failed.
    is_failed: bool,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

/// The totals that a suite states at its end.
#[derive(Deserialize)]
struct SuiteTotals {
    #[serde(default)]
    passed: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    allowed_fail: u64,
    #[serde(default)]
    ignored: u64,
    #[serde(default)]
    measured: u64,
    exec_time: Option<f64>,
}

impl EventSink for Libtest {
    fn event(&mut self, json: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return false };
        let name = event.name.as_deref().unwrap_or_default();
        match (&*event.kind, event.event.as_deref()) {
            ("suite", Some("started")) => self.open_suites += 1,
            ("suite", Some(end)) => {
                self.open_suites = self.open_suites.saturating_sub(1);
                self.is_failed |= end == "failed";
                if let Ok(totals) = serde_json::from_str(json) {
                    self.close_suite(&totals);
                }
            }
            ("test", Some("started")) => *self.running.entry(name.to_owned()).or_default() += 1,
            ("test", Some("ok")) | ("bench", _) => self.end(name, TestOutcome::Passed),
            ("test", Some("failed")) => self.end(name, TestOutcome::Failed),
            // An allowed failure is a known fault, so it counts as skipped, like a test marked as to do.
            ("test", Some("ignored" | "allowed_failure")) => self.end(name, TestOutcome::Skipped),
            ("suite" | "test" | "report", _) => {}
            _ => return false,
        }
        true
    }

    fn finish(mut self: Box<Self>, broken_lines: u64) -> TestReport {
        let counted = self.tally.counts();
        let missing = TestCounts {
            passed: self.totals.passed.saturating_sub(counted.passed),
            failed: self.totals.failed.saturating_sub(counted.failed),
            skipped: self.totals.skipped.saturating_sub(counted.skipped),
        };
        self.tally.add_counts("", missing);
        // A test whose end is missing is included in the totals of its suite, unless the suite's end is missing too.
        let unfinished = self.running.values().sum::<u64>().saturating_sub(missing.total());
        self.tally.add_counts("", TestCounts { failed: unfinished, ..TestCounts::default() });
        if unfinished > 0 || self.open_suites > 0 {
            self.tally.remark("a suite has no end; the run was cut short, so tests may be missing");
        }
        if self.is_failed || self.open_suites > 0 {
            self.tally.fail_file();
        }
        if broken_lines > 0 {
            let missing = missing.total();
            self.tally.remark(format!(
                "{broken_lines} line(s) are broken JSON; {missing} test(s) are counted by the sums of their suites"
            ));
        }
        self.tally.finish(NAME)
    }
}

impl Libtest {
    fn end(&mut self, name: &str, outcome: TestOutcome) {
        if let Some(times) = self.running.get_mut(name) {
            *times = times.saturating_sub(1);
        }
        self.tally.add("", outcome);
    }

    fn close_suite(&mut self, totals: &SuiteTotals) {
        let SuiteTotals { passed, failed, allowed_fail, ignored, measured, .. } = *totals;
        let (passed, skipped) = (passed.saturating_add(measured), ignored.saturating_add(allowed_fail));
        self.totals += TestCounts { passed, failed, skipped };
        self.tally.add_duration(totals.exec_time.and_then(from_seconds));
    }
}
