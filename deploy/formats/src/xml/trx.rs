//! TRX, what Visual Studio and `dotnet test --logger trx` write.
//!
//! A data-driven or ordered test is a result with the results of its rows within: the rows count, and it does not,
//! unless it failed although no row did. In the same way a run that failed, or was aborted, although no test did is one
//! failure: a test host that crashed says so in the summary only.

use std::{collections::HashMap, time::Duration};

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct Trx {
    /// The results that are open, outermost first.
    open: Vec<Open>,
    /// How each test ended, and which it was.
    ended: Vec<(String, Outcome)>,
    duration: Option<Duration>,
    /// The definition that is open, and the class of each that was.
    definition: Option<String>,
    classes: HashMap<String, String>,
    unknown_outcomes: u64,
    is_aborted: bool,
    /// The summary says that something failed.
    is_failed: bool,
}

#[derive(Debug)]
struct Open {
    depth: usize,
    test: String,
    outcome: Outcome,
    duration: Option<Duration>,
    has_inner: bool,
    /// How many results had ended before it began.
    begin: usize,
}

impl Elements for Trx {
    fn open(&mut self, element: &Element, depth: usize) {
        match &*element.name {
            "UnitTestResult"
            | "GenericTestResult"
            | "ManualTestResult"
            | "WebTestResult"
            | "LoadTestResult"
            | "TestResult"
            | "TestResultAggregation"
            | "OrderedTestResult" => {
                if let Some(outer) = self.open.last_mut() {
                    outer.has_inner = true;
                }
                let outcome = self.outcome(element.attribute("outcome"));
                let test = element.attribute("testId").unwrap_or_default().to_owned();
                let duration = element.attribute("duration").and_then(clock);
                let begin = self.ended.len();
                self.open.push(Open { depth, test, outcome, duration, has_inner: false, begin });
            }
            "UnitTest" => self.definition = element.attribute("id").map(str::to_owned),
            "TestMethod" => {
                if let (Some(test), Some(class)) = (self.definition.take(), element.attribute("className")) {
                    // Older ones add the assembly: `Shop.CartTests, Shop.Tests, Version=1.0.0.0`.
                    let class = class.split(',').next().unwrap_or_default();
                    self.classes.insert(test, class.to_owned());
                }
            }
            "ResultSummary" => {
                let outcome = element.attribute("outcome").map(str::trim);
                self.is_aborted |= matches!(outcome, Some("Aborted" | "Error" | "Timeout" | "Disconnected"));
                self.is_failed |= self.is_aborted || outcome == Some("Failed");
            }
            "Counters" => {
                let failed = ["failed", "error", "timeout", "aborted", "disconnected"];
                self.is_failed |= failed.iter().any(|sum| element.number(sum).is_some_and(|number| number > 0));
            }
            "RunInfo" => {
                let outcome = element.attribute("outcome").map(str::trim);
                self.is_failed |= matches!(outcome, Some("Failed" | "Error" | "Aborted" | "Timeout"));
            }
            _ => {}
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if let Some(result) = self.open.pop_if(|result| result.depth == depth) {
            let is_row_failed = self.ended.iter().skip(result.begin).any(|(_, outcome)| *outcome == Outcome::Failed);
            if result.has_inner && (result.outcome != Outcome::Failed || is_row_failed) {
                return;
            }
            self.ended.push((result.test, result.outcome));
            if let Some(time) = result.duration {
                self.duration = Some(self.duration.unwrap_or_default().saturating_add(time));
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        let mut tally = Tally::default();
        let run = tally.mark();
        for (test, outcome) in &self.ended {
            tally.add(self.classes.get(test).map_or("", |class| class), *outcome);
        }
        tally.lasted_in_all(self.duration);
        if self.unknown_outcomes > 0 {
            tally.remark(format!("{} test(s) with unknown outcomes count as failed", self.unknown_outcomes));
        }
        if self.is_aborted {
            tally.remark("the run was aborted, so tests may be missing");
        }
        if self.is_failed {
            tally.fail_since(run, "");
        }
        Ok(tally.finish(Kind::Trx))
    }
}

impl Trx {
    /// Visual Studio leaves an outcome out where it is the first of its list, `Error`.
    fn outcome(&mut self, word: Option<&str>) -> Outcome {
        match word.map(str::trim) {
            Some("Passed" | "PassedButRunAborted" | "Completed" | "Warning") => Outcome::Passed,
            Some("Failed" | "Error" | "Timeout") | None => Outcome::Failed,
            Some(
                "NotExecuted" | "NotRunnable" | "Inconclusive" | "Aborted" | "Disconnected" | "InProgress" | "Pending"
                | "Skipped",
            ) => Outcome::Skipped,
            Some(_) => {
                self.unknown_outcomes += 1;
                Outcome::Failed
            }
        }
    }
}

/// `hh:mm:ss.fffffff`, with days before it in long runs.
fn clock(text: &str) -> Option<Duration> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, rest) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (days, hours, minutes): (u64, u64, u64) = (days.parse().ok()?, hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = days.checked_mul(1440)?.checked_add(hours.checked_mul(60)?)?.checked_add(minutes)?;
    Duration::from_secs(minutes.checked_mul(60)?).checked_add(seconds(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_off_the_clock() {
        assert_eq!(clock("00:01:02.5000000"), Some(Duration::from_millis(62_500)));
        assert_eq!(clock("1.02:00:00"), Some(Duration::from_secs(26 * 3600)));
        for nonsense in ["", "5", "1:2", "a:b:c", "99999999999999999999:00:00", "18446744073709551615:00:00"] {
            assert_eq!(clock(nonsense), None, "{nonsense}");
        }
    }
}
