//! `dart test --reporter json` and `flutter test --machine`. Hidden tests, which load files and set things up, count
//! only where they fail. A run that says that it failed although no test did is one failure.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde::Deserialize;

use crate::{
    lines::Events,
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally, milliseconds},
};

#[derive(Debug, Default)]
pub(crate) struct Dart {
    tally: Tally,
    /// Each suite's file.
    suites: HashMap<i64, String>,
    /// Each test's suite.
    tests: HashMap<i64, i64>,
    running: HashSet<i64>,
    is_over: bool,
    /// What the run says at its end.
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

impl Events for Dart {
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
                    _ if event.skipped => Outcome::Skipped,
                    Some("success") => Outcome::Passed,
                    _ => Outcome::Failed,
                };
                if !event.hidden || outcome == Outcome::Failed {
                    let suite = self.tests.get(&id).and_then(|suite| self.suites.get(suite));
                    self.tally.add(suite.map_or("", |suite| suite), outcome);
                }
            }
            ("done", ..) => {
                self.is_over = true;
                self.success = event.success;
                self.tally.lasted_in_all(event.time.and_then(milliseconds));
            }
            ("start" | "allSuites" | "group" | "print" | "error" | "debug", ..) => {}
            _ => return false,
        }
        true
    }

    fn finish(mut self: Box<Self>, broken: u64) -> Report {
        // Of a test that began and has no end, the run's own verdict tells; a run that was cut short has none.
        let unfinished = u64::try_from(self.running.len()).unwrap_or(u64::MAX);
        if self.is_over && self.success == Some(true) {
            self.tally.add_all("", Counts { passed: unfinished, ..Counts::default() });
        } else {
            self.tally.add_all("", Counts { failed: unfinished, ..Counts::default() });
        }
        if !self.is_over || self.success == Some(false) {
            self.tally.fail_since(Mark::default(), "");
        }
        if !self.is_over {
            self.tally.remark("the run has no end; it was cut short, so tests may be missing");
        }
        if broken > 0 {
            self.tally.remark(format!("{broken} line(s) are broken JSON and passed over"));
        }
        self.tally.finish(Kind::DartJson)
    }
}
