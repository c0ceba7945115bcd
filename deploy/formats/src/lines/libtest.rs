//! libtest's JSON lines, as `cargo test -- -Z unstable-options --format json` and cargo-nextest write them.
//!
//! Each suite says at its end how many of its tests ended how. Tests that are missing from the file, because their
//! lines were left out or are broken, are made up for by these sums. Suites may run at the same time, so that is done
//! for all of them together.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use serde::Deserialize;

use crate::{
    lines::Events,
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally},
};

#[derive(Debug, Default)]
pub(crate) struct Libtest {
    tally: Tally,
    /// How often a test began and did not end yet. Two crates may have tests of one name.
    running: HashMap<String, u64>,
    /// What the suites say that ended.
    sums: Counts,
    open_suites: u64,
    /// A suite said that it failed.
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

/// What a suite says at its end.
#[derive(Deserialize)]
struct Sums {
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

impl Events for Libtest {
    fn event(&mut self, json: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return false };
        let name = event.name.as_deref().unwrap_or_default();
        match (&*event.kind, event.event.as_deref()) {
            ("suite", Some("started")) => self.open_suites += 1,
            ("suite", Some(end)) => {
                self.open_suites = self.open_suites.saturating_sub(1);
                self.is_failed |= end == "failed";
                if let Ok(sums) = serde_json::from_str(json) {
                    self.close(&sums);
                }
            }
            ("test", Some("started")) => *self.running.entry(name.to_owned()).or_default() += 1,
            ("test", Some("ok")) | ("bench", _) => self.end(name, Outcome::Passed),
            ("test", Some("failed")) => self.end(name, Outcome::Failed),
            // A failure that was allowed is one still to mend.
            ("test", Some("ignored" | "allowed_failure")) => self.end(name, Outcome::Skipped),
            ("suite" | "test" | "report", _) => {}
            _ => return false,
        }
        true
    }

    fn finish(mut self: Box<Self>, broken: u64) -> Report {
        let counted = self.tally.counts();
        let missing = Counts {
            passed: self.sums.passed.saturating_sub(counted.passed),
            failed: self.sums.failed.saturating_sub(counted.failed),
            skipped: self.sums.skipped.saturating_sub(counted.skipped),
        };
        self.tally.add_all("", missing);
        // A test without an end is in the sums of its suite, unless that has none either.
        let unfinished = self.running.values().sum::<u64>().saturating_sub(missing.total());
        self.tally.add_all("", Counts { failed: unfinished, ..Counts::default() });
        if unfinished > 0 || self.open_suites > 0 {
            self.tally.remark("a suite has no end; the run was cut short, so tests may be missing");
        }
        if self.is_failed || self.open_suites > 0 {
            self.tally.fail_since(Mark::default(), "");
        }
        if broken > 0 {
            let missing = missing.total();
            self.tally.remark(format!(
                "{broken} line(s) are broken JSON; {missing} test(s) are counted by the sums of their suites"
            ));
        }
        self.tally.finish(Kind::LibtestJson)
    }
}

impl Libtest {
    fn end(&mut self, name: &str, outcome: Outcome) {
        if let Some(times) = self.running.get_mut(name) {
            *times = times.saturating_sub(1);
        }
        self.tally.add("", outcome);
    }

    fn close(&mut self, sums: &Sums) {
        let Sums { passed, failed, allowed_fail, ignored, measured, .. } = *sums;
        let (passed, skipped) = (passed.saturating_add(measured), ignored.saturating_add(allowed_fail));
        self.sums += Counts { passed, failed, skipped };
        if let Some(time) = sums.exec_time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            self.tally.lasted(time);
        }
    }
}
