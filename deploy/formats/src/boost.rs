//! Boost.Test: its log (`--log_format=XML`), where cases fail by what is logged in them, and its result report
//! (`--report_format=XML`), where cases say how they ended.

use std::time::Duration;

use crate::{
    refusal::Refusal,
    report::{Counts, Kind, Report},
    tally::{Outcome, Tally},
    xml::{Element, Elements},
};

/// `<TestLog>`.
#[derive(Debug, Default)]
pub(crate) struct Log {
    tally: Tally,
    /// The suites around, outermost first.
    suites: Vec<String>,
    case: Option<(usize, Outcome)>,
    /// Text of the time that is open, in microseconds.
    time: Option<String>,
    broken_suites: u64,
}

impl Elements for Log {
    fn open(&mut self, element: &Element, depth: usize) {
        match (&*element.name, &mut self.case) {
            ("Error" | "FatalError" | "Exception" | "SystemError", Some((case, outcome))) if depth == *case + 1 => {
                *outcome = Outcome::Failed;
            }
            ("Error" | "FatalError" | "Exception" | "SystemError", None) => self.broken_suites += 1,
            ("TestSuite", None) => {
                self.suites.push(element.attribute("name").unwrap_or_default().to_owned());
            }
            ("TestCase", None) => self.case = self.begin(element).then_some((depth, Outcome::Passed)),
            ("TestingTime", Some(_)) => self.time = Some(String::new()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, _: usize) {
        if let Some(time) = &mut self.time {
            time.push_str(text);
        }
    }

    fn close(&mut self, name: &str, depth: usize) {
        if let Some((_, outcome)) = self.case.take_if(|(case, _)| *case == depth) {
            self.tally.add(self.suites.last().map_or("", |suite| suite), outcome);
        } else if name == "TestSuite" {
            self.suites.pop();
        } else if let Some(time) = self.time.take()
            && let Ok(microseconds) = time.trim().parse()
        {
            self.tally.lasted(Duration::from_micros(microseconds));
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if self.broken_suites > 0 {
            let errors = self.broken_suites;
            self.tally.remark(format!("{errors} error(s) were logged outside every test case, which no case counts"));
        }
        Ok(self.tally.finish(Kind::Boost))
    }
}

impl Log {
    /// Whether a case begins. One that did not run is listed without content; a suite that did not lists no cases.
    fn begin(&mut self, case: &Element) -> bool {
        let is_skipped = case.attribute("skipped").is_some_and(|skipped| skipped.eq_ignore_ascii_case("yes"));
        if is_skipped {
            self.tally.add(self.suites.last().map_or("", |suite| suite), Outcome::Skipped);
        }
        !is_skipped
    }
}

/// `<TestResult>`.
#[derive(Debug, Default)]
pub(crate) struct Results {
    tally: Tally,
    suites: Vec<String>,
    /// The sums of the outermost suites, for a report that lists no cases.
    sums: Counts,
}

impl Elements for Results {
    fn open(&mut self, element: &Element, _: usize) {
        match &*element.name {
            "TestSuite" => {
                if self.suites.is_empty() {
                    let sum = |names: &[&str]| names.iter().filter_map(|name| element.number(name)).sum();
                    self.sums += Counts {
                        passed: sum(&["test_cases_passed", "test_cases_passed_with_warnings"]),
                        failed: sum(&["test_cases_failed"]),
                        skipped: sum(&["test_cases_skipped"]),
                    };
                }
                self.suites.push(element.attribute("name").unwrap_or_default().to_owned());
            }
            "TestCase" => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("passed" | "passed with warnings") => Outcome::Passed,
                    Some("skipped") => Outcome::Skipped,
                    _ => Outcome::Failed,
                };
                self.tally.add(self.suites.last().map_or("", |suite| suite), outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: usize) {
        if name == "TestSuite" {
            self.suites.pop();
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if self.tally.counts().total() == 0 {
            self.tally.add_all("", self.sums);
        }
        Ok(self.tally.finish(Kind::Boost))
    }
}
