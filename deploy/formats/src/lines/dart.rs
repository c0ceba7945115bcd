//! `dart test --reporter json` and `flutter test --machine`.
//!
//! Hidden tests, which load files and do the set-up, count only if they fail. A run that failed although no test did is
//! one failure.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde::Deserialize;

use crate::{
    duration::from_milliseconds,
    lines::event::{EventFormat, EventKeys, EventSink},
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: EventFormat = EventFormat { is_format_of, start: || Box::<Dart>::default() };

const NAME: ReportFormat = ReportFormat::named("dart test JSON");

fn is_format_of(keys: &EventKeys<'_>) -> bool {
    keys.time.is_some()
        && match keys.kind.as_deref() {
            Some("testStart" | "testDone" | "allSuites") => true,
            Some("start") => keys.protocol_version.is_some(),
            Some("done") => keys.success.is_some(),
            _ => false,
        }
}

#[derive(Debug, Default)]
struct Dart {
    tally: Tally,
    /// The file of each suite, by the suite's id.
    suites: HashMap<i64, String>,
    /// The suite of each test, by the test's id.
    tests: HashMap<i64, i64>,
    running: HashSet<i64>,
    is_over: bool,
    /// The result of the run, stated at its end.
    success: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    time: Option<f64>,
    suite: Option<Suite>,
    #[serde(borrow)]
    test: Option<Test<'a>>,
    #[serde(rename = "testID")]
    test_id: Option<i64>,
    #[serde(borrow)]
    result: Option<Cow<'a, str>>,
    success: Option<bool>,
    #[serde(default)]
    skipped: bool,
    #[serde(default)]
    hidden: bool,
}

#[derive(Deserialize)]
struct Suite {
    id: i64,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Test<'a> {
    id: i64,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(rename = "suiteID")]
    suite: Option<i64>,
}

impl EventSink for Dart {
    fn event(&mut self, json: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return false };
        match (&*event.kind, event.suite, event.test, event.test_id) {
            ("suite", Some(suite), _, _) => {
                self.suites.insert(suite.id, suite.path.unwrap_or_default());
            }
            ("testStart", _, Some(test), _) => {
                self.tests.insert(test.id, test.suite.unwrap_or(-1));
                if !test.name.starts_with("loading ") {
                    self.running.insert(test.id);
                }
            }
            ("testDone", _, _, Some(id)) => {
                self.running.remove(&id);
                let outcome = match event.result.as_deref() {
                    _ if event.skipped => TestOutcome::Skipped,
                    Some("success") => TestOutcome::Passed,
                    _ => TestOutcome::Failed,
                };
                if !event.hidden || outcome == TestOutcome::Failed {
                    let suite = self.tests.get(&id).and_then(|suite| self.suites.get(suite));
                    self.tally.add(suite.map_or("", |suite| suite), outcome);
                }
            }
            ("done", ..) => {
                self.is_over = true;
                self.success = event.success;
                self.tally.set_duration(event.time.and_then(from_milliseconds));
            }
            ("start" | "allSuites" | "group" | "print" | "error" | "debug", ..) => {}
            _ => return false,
        }
        true
    }

    fn finish(mut self: Box<Self>, broken_lines: u64) -> TestReport {
        // A test that began and did not end gets the result of the run. A run that was cut short has no result, so the
        // test failed.
        let unfinished = u64::try_from(self.running.len()).unwrap_or(u64::MAX);
        if self.is_over && self.success == Some(true) {
            self.tally.add_counts("", TestCounts { passed: unfinished, ..TestCounts::default() });
        } else {
            self.tally.add_counts("", TestCounts { failed: unfinished, ..TestCounts::default() });
        }
        if !self.is_over || self.success == Some(false) {
            self.tally.fail_file();
        }
        if !self.is_over {
            self.tally.remark("the run has no end; it was cut short, so tests may be missing");
        }
        if broken_lines > 0 {
            self.tally.remark(format!("{broken_lines} line(s) are broken JSON and passed over"));
        }
        self.tally.finish(NAME)
    }
}
