//! libtest's JSON lines, as `cargo test -- -Z unstable-options --format json` and cargo-nextest write them.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use serde::Deserialize;

use crate::{
    lines::Events,
    report::{Counts, Kind, Report},
    tally::{Outcome, Tally},
};

#[derive(Debug, Default)]
pub(crate) struct Libtest {
    tally: Tally,
    /// How often a test began and did not end yet. Two crates may have tests of one name.
    running: HashMap<String, u64>,
    /// Tests of the suite so far.
    in_suite: u64,
    open_suites: u64,
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
            ("suite", Some("started")) => {
                self.open_suites += 1;
                self.in_suite = 0;
            }
            ("suite", Some(_)) => {
                self.open_suites = self.open_suites.saturating_sub(1);
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
        let unfinished = self.running.values().sum();
        self.tally.add_all("", Counts { failed: unfinished, ..Counts::default() });
        if unfinished > 0 || self.open_suites > 0 {
            self.tally.remark("a suite has no end; the run was cut short, so tests may be missing");
        }
        if broken > 0 {
            self.tally.remark(format!("{broken} line(s) are broken JSON and passed over"));
        }
        self.tally.finish(Kind::LibtestJson)
    }
}

impl Libtest {
    fn end(&mut self, name: &str, outcome: Outcome) {
        if let Some(times) = self.running.get_mut(name) {
            *times = times.saturating_sub(1);
        }
        self.in_suite += 1;
        self.tally.add("", outcome);
    }

    /// The sums count where the tests themselves were left out of the file.
    fn close(&mut self, sums: &Sums) {
        if self.in_suite == 0 {
            let Sums { passed, failed, allowed_fail, ignored, measured, .. } = *sums;
            let (passed, skipped) = (passed.saturating_add(measured), ignored.saturating_add(allowed_fail));
            self.tally.add_all("", Counts { passed, failed, skipped });
        }
        self.in_suite = 0;
        if let Some(time) = sums.exec_time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            self.tally.lasted(time);
        }
    }
}
