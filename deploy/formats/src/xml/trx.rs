//! TRX, the format of Visual Studio and `dotnet test --logger trx`.
//!
//! The result of a data-driven or ordered test contains the results of its rows. The rows count; the test itself counts
//! only if it failed although no row did. In the same way a run that failed or was aborted although no test failed is
//! one failure, because the crash of a test host is stated in the summary only.

use std::{collections::HashMap, time::Duration};

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement},
};

const NAME: ReportFormat = ReportFormat::named("TRX");

#[derive(Debug, Default)]
pub(super) struct Trx {
    /// The open results, outermost first.
    open: Vec<OpenResult>,
    /// The id and the outcome of each test that ended.
    ended: Vec<(String, TestOutcome)>,
    duration: Option<Duration>,
    /// The test id of the open test definition.
    definition: Option<String>,
    /// The class of each test, by the test's id.
    classes: HashMap<String, String>,
    unknown_outcomes: u64,
    is_aborted: bool,
    /// Whether the summary states a failure.
    is_failed: bool,
}

#[derive(Debug)]
struct OpenResult {
    depth: usize,
    test_id: String,
    outcome: TestOutcome,
    duration: Option<Duration>,
    has_inner: bool,
    /// How many results had ended when this one began.
    ended_before: usize,
}

impl ElementSink for Trx {
    fn open(&mut self, element: &XmlElement, depth: usize) {
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
                let test_id = element.attribute("testId").unwrap_or_default().to_owned();
                let duration = element.attribute("duration").and_then(parse_clock);
                let ended_before = self.ended.len();
                self.open.push(OpenResult { depth, test_id, outcome, duration, has_inner: false, ended_before });
            }
            "UnitTest" => self.definition = element.attribute("id").map(str::to_owned),
            "TestMethod" => {
                if let (Some(test), Some(class)) = (self.definition.take(), element.attribute("className")) {
                    // Old versions add the assembly: `Shop.CartTests, Shop.Tests, Version=1.0.0.0`.
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
                self.is_failed |= failed.iter().any(|total| element.number(total).is_some_and(|number| number > 0));
            }
            "RunInfo" => {
                let outcome = element.attribute("outcome").map(str::trim);
                self.is_failed |= matches!(outcome, Some("Failed" | "Error" | "Aborted" | "Timeout"));
            }
            _ => {}
        }
    }

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(result) = self.open.pop_if(|result| result.depth == depth) {
            let is_row_failed =
                self.ended.iter().skip(result.ended_before).any(|(_, outcome)| *outcome == TestOutcome::Failed);
            if result.has_inner && (result.outcome != TestOutcome::Failed || is_row_failed) {
                return;
            }
            self.ended.push((result.test_id, result.outcome));
            if let Some(time) = result.duration {
                self.duration = Some(self.duration.unwrap_or_default().saturating_add(time));
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        let mut tally = Tally::default();
        for (test, outcome) in &self.ended {
            tally.add(self.classes.get(test).map_or("", |class| class), *outcome);
        }
        tally.set_duration(self.duration);
        if self.unknown_outcomes > 0 {
            tally.remark(format!("{} test(s) with unknown outcomes count as failed", self.unknown_outcomes));
        }
        if self.is_aborted {
            tally.remark("the run was aborted, so tests may be missing");
        }
        if self.is_failed {
            tally.fail_file();
        }
        Ok(tally.finish(NAME))
    }
}

impl Trx {
    /// Visual Studio omits the attribute for `Error`, which is the default value of its list of outcomes.
    fn outcome(&mut self, word: Option<&str>) -> TestOutcome {
        match word.map(str::trim) {
            Some("Passed" | "PassedButRunAborted" | "Completed" | "Warning") => TestOutcome::Passed,
            Some("Failed" | "Error" | "Timeout") | None => TestOutcome::Failed,
            Some(
                "NotExecuted" | "NotRunnable" | "Inconclusive" | "Aborted" | "Disconnected" | "InProgress" | "Pending"
                | "Skipped",
            ) => TestOutcome::Skipped,
            Some(_) => {
                self.unknown_outcomes += 1;
                TestOutcome::Failed
            }
        }
    }
}

/// Parses `hh:mm:ss.fffffff`, with days in front for long runs: `d.hh:mm:ss`.
fn parse_clock(text: &str) -> Option<Duration> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, rest) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (days, hours, minutes): (u64, u64, u64) = (days.parse().ok()?, hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = days.checked_mul(1440)?.checked_add(hours.checked_mul(60)?)?.checked_add(minutes)?;
    Duration::from_secs(minutes.checked_mul(60)?).checked_add(parse_seconds(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_parsed_from_hours_minutes_and_seconds() {
        assert_eq!(parse_clock("00:01:02.5000000"), Some(Duration::from_millis(62_500)));
        assert_eq!(parse_clock("1.02:00:00"), Some(Duration::from_secs(26 * 3600)));
        for nonsense in ["", "5", "1:2", "a:b:c", "99999999999999999999:00:00", "18446744073709551615:00:00"] {
            assert_eq!(parse_clock(nonsense), None, "{nonsense}");
        }
    }
}
