//! JUnit XML, in the dialects of some forty tools that all call their root `testsuites` or `testsuite`.
//!
//! Only test cases count. The attributes of suites (`tests`, `failures`, …) are missing, stale or of other meanings in
//! too many dialects. A case ends as its children say: `failure` and `error` before `skipped`; where there are none, an
//! attribute `status` or `result` may. Surefire's `flakyFailure` and `rerunFailure` tell of other tries of the same case
//! and change nothing: a test that passed in the end has passed.

use std::time::Duration;

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct JUnit {
    tally: Tally,
    suites: Vec<Suite>,
    case: Option<Case>,
    /// Suites that broke outside every case.
    broken_suites: u64,
    /// What the suites say of themselves: tests, and whether some of them went wrong.
    declared: (u64, bool),
    root_time: Option<Duration>,
    suites_time: Option<Duration>,
}

#[derive(Debug)]
struct Suite {
    depth: usize,
    name: String,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    is_failed: bool,
    is_skipped: bool,
    /// What its attributes say, for a case without children that do.
    said: Outcome,
}

impl Elements for JUnit {
    fn open(&mut self, element: &Element, depth: usize) {
        if let Some(case) = &mut self.case {
            if depth == case.depth + 1 {
                case.is_failed |= matches!(&*element.name, "failure" | "error");
                case.is_skipped |= matches!(&*element.name, "skipped" | "skip");
            }
            return;
        }
        let time = element.attribute("time").and_then(seconds);
        match &*element.name {
            "testsuites" | "testsuite" | "testrun" => {
                if depth == 1 {
                    self.root_time = time;
                } else if depth == 2 {
                    self.suites_time = match (self.suites_time, time) {
                        (Some(sum), Some(time)) => Some(sum.saturating_add(time)),
                        (sum, time) => sum.or(time),
                    };
                }
                if element.name == "testsuite" {
                    let wrong = element.number("failures").unwrap_or(0) + element.number("errors").unwrap_or(0);
                    self.declared.0 = self.declared.0.max(element.number("tests").unwrap_or(0));
                    self.declared.1 |= wrong > 0;
                }
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.suites.push(Suite { depth, name });
            }
            "testcase" => {
                if let Some(time) = time {
                    self.tally.lasted(time);
                }
                self.case = Some(Case { depth, is_failed: false, is_skipped: false, said: said(element) });
            }
            "error" | "failure" if self.suites.last().is_some_and(|suite| suite.depth + 1 == depth) => {
                self.broken_suites += 1;
            }
            _ => {}
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            let outcome = match (case.is_failed, case.is_skipped) {
                (true, _) => Outcome::Failed,
                (false, true) => Outcome::Skipped,
                (false, false) => case.said,
            };
            let suite = self.suites.last().map_or("", |suite| &suite.name);
            self.tally.add(suite, outcome);
        }
        self.suites.pop_if(|suite| suite.depth == depth);
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        self.tally.lasted_in_all(self.root_time.or(self.suites_time));
        if self.broken_suites > 0 {
            let suites = self.broken_suites;
            self.tally.remark(format!("{suites} suite(s) broke outside their test cases, which no case counts"));
        } else if self.tally.counts().total() == 0 && self.declared.0 > 0 {
            let (tests, wrong) = self.declared;
            let wrong = if wrong { ", some of them failed," } else { "" };
            self.tally.remark(format!("a suite declares {tests} tests{wrong} but no test case is listed"));
        }
        Ok(self.tally.finish(Kind::JUnit))
    }
}

/// What a case's attributes say: GoogleTest's `status` and `result`, CTest's, and some tools' that write no children.
fn said(element: &Element) -> Outcome {
    for name in ["status", "result"] {
        let value = element.attribute(name).unwrap_or_default().to_ascii_lowercase();
        match value.as_str() {
            "fail" | "failed" | "failure" | "error" | "errored" => return Outcome::Failed,
            "skip" | "skipped" | "suppressed" | "ignored" | "disabled" | "notrun" | "not_run" | "not run"
            | "pending" | "inconclusive" => return Outcome::Skipped,
            _ => {}
        }
    }
    Outcome::Passed
}
