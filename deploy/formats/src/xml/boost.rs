//! Boost.Test: its log (`--log_format=XML`), where cases fail by what is logged in them, and its result report
//! (`--report_format=XML`), where cases say how they ended. What goes wrong in a suite outside its cases, as in a
//! global fixture, is one failure where no case in it failed.

use std::time::Duration;

use crate::{
    refusal::Refusal,
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally},
    xml::{Element, Elements},
};

/// `<TestLog>`.
#[derive(Debug, Default)]
pub(crate) struct Log {
    tally: Tally,
    /// The log and the suites around, outermost first.
    suites: Vec<Suite>,
    case: Option<(usize, Outcome)>,
    /// Text of the time that is open, in microseconds.
    time: Option<String>,
    /// Whether a suite or an error was there, and whether anything was; other tools call a root so, too.
    is_boost: bool,
    has_content: bool,
}

#[derive(Debug)]
struct Suite {
    name: String,
    mark: Mark,
    is_failed: bool,
}

impl Elements for Log {
    fn open(&mut self, element: &Element, depth: usize) {
        self.has_content |= depth > 1;
        match (&*element.name, &mut self.case) {
            ("Error" | "FatalError" | "Exception" | "SystemError", Some((case, outcome))) if depth == *case + 1 => {
                *outcome = Outcome::Failed;
            }
            ("Error" | "FatalError" | "Exception" | "SystemError", None) => {
                self.is_boost = true;
                if let Some(suite) = self.suites.last_mut() {
                    suite.is_failed = true;
                }
            }
            ("TestSuite" | "TestLog", None) => {
                self.is_boost |= element.name == "TestSuite";
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.suites.push(Suite { name, mark: self.tally.mark(), is_failed: false });
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
            self.tally.add(self.suites.last().map_or("", |suite| &suite.name), outcome);
        } else if name == "TestSuite" || depth == 1 {
            if let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed) {
                self.tally.fail_since(suite.mark, &suite.name);
            }
        } else if let Some(time) = self.time.take()
            && let Ok(microseconds) = time.trim().parse()
        {
            self.tally.lasted(Duration::from_micros(microseconds));
        }
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        if self.has_content && !self.is_boost {
            let found = "it is XML with the root <TestLog>, without a suite of Boost.Test".into();
            return Err(Refusal::NotAReport { found });
        }
        Ok(self.tally.finish(Kind::Boost))
    }
}

impl Log {
    /// Whether a case begins. One that did not run is listed without content; a suite that did not lists no cases.
    fn begin(&mut self, case: &Element) -> bool {
        let is_skipped = case.attribute("skipped").is_some_and(|skipped| skipped.eq_ignore_ascii_case("yes"));
        if is_skipped {
            self.tally.add(self.suites.last().map_or("", |suite| &suite.name), Outcome::Skipped);
        }
        !is_skipped
    }
}

/// `<TestResult>`.
#[derive(Debug, Default)]
pub(crate) struct Results {
    tally: Tally,
    suites: Vec<Suite>,
    /// Whether a suite was there; other tools call a root so, too.
    has_suite: bool,
    /// Whether a case was listed, and whether a suite failed before any was.
    has_case: bool,
    is_failed: bool,
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
                self.has_suite = true;
                let result = element.attribute("result").map(str::trim);
                let is_failed = matches!(result, Some("failed" | "aborted"));
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.suites.push(Suite { name, mark: self.tally.mark(), is_failed });
            }
            "TestCase" => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("passed" | "passed with warnings") => Outcome::Passed,
                    Some("skipped") => Outcome::Skipped,
                    _ => Outcome::Failed,
                };
                self.has_case = true;
                self.tally.add(self.suites.last().map_or("", |suite| &suite.name), outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: usize) {
        if name == "TestSuite"
            && let Some(suite) = self.suites.pop().filter(|suite| suite.is_failed)
        {
            if self.has_case {
                self.tally.fail_since(suite.mark, &suite.name);
            } else {
                self.is_failed = true;
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if !self.has_suite {
            let found = "it is XML with the root <TestResult>, without a suite of Boost.Test".into();
            return Err(Refusal::NotAReport { found });
        }
        if self.tally.counts().total() == 0 {
            self.tally.add_all("", self.sums);
        }
        if self.is_failed {
            self.tally.fail_since(Mark::default(), "");
        }
        Ok(self.tally.finish(Kind::Boost))
    }
}
