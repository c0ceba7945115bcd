//! TAP, the Test Anything Protocol, versions 12 to 14, alone or in the output of `prove -v`.
//!
//! Test points at the beginning of a line count. Indented lines (subtests, YAML) belong to the test point after them
//! and do not count. `# SKIP` and `# TODO` make a test point skipped, whether it is `ok` or `not ok`.
//!
//! A file may contain several streams. A stream begins with a version line, with the plan or the first test point after
//! a plan that was met, or with the name of a script in the output of prove. A stream that bails out, or ends before
//! its plan is met, is one failure if no test point in it failed; one with more test points than planned gets a remark
//! only. prove's own verdict on a script, such as the `ok` after its test points, is not a test point.

mod line;
mod point;
mod prove;

use std::time::Duration;

use crate::{
    duration::{from_milliseconds, parse_seconds},
    report::{ReportFormat, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
};
use point::TestPoint;
use prove::{is_failed_script, is_output_of_prove, is_script, is_skipped_script};

const NAME: ReportFormat = ReportFormat::named("TAP");
const NO_REASON: &str = "without a reason";
/// The longest reason of a bail out that is repeated, in characters.
const LONGEST_REASON: usize = 200;

/// Whether the first line that is neither blank nor a comment is a version line.
pub(super) fn begins_with_version(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim_ascii().is_empty() && !line.starts_with('#'));
    first.is_some_and(line::is_version)
}

/// Counts the test points of a text. `None` if it is not TAP.
pub(super) fn read(text: &str) -> Option<TestReport> {
    let is_prove = is_output_of_prove(text);
    let mut reader = TapReader { is_prove, is_between_scripts: true, ..TapReader::default() };
    for line in text.lines() {
        reader.read_line(line.trim_ascii_end());
    }
    reader.finish()
}

#[derive(Debug, Default)]
struct TapReader {
    tally: Tally,
    is_tap: bool,
    /// The number of test points in the plan.
    plan: Option<u64>,
    /// The previous plan that was met, if no test point followed. The same plan again is a repetition.
    met_plan: Option<u64>,
    /// The number of test points in the stream so far.
    points: u64,
    /// The mark of the stream's beginning.
    mark: FailureMark,
    /// Whether the line is in a YAML block or a subtest in braces, whose plans do not count for the stream.
    is_in_block: bool,
    /// Whether nothing counts until another stream begins: after `1..0` and after a bail out.
    is_over: bool,
    is_prove: bool,
    /// Whether prove has printed the result of the last script, and no other script has begun.
    is_between_scripts: bool,
    /// Whether prove has printed the result of the whole run.
    has_result: bool,
}

impl TapReader {
    fn read_line(&mut self, line: &str) {
        if self.is_prove && self.read_prove_line(line) {
            return;
        }
        match line.trim_ascii_start() {
            "---" => self.is_in_block = true,
            "..." | "}" => self.is_in_block = false,
            _ => {}
        }
        if line::is_version(line) {
            self.is_tap = true;
            // A file may contain several streams.
            if self.points > 0 || self.is_over {
                self.close();
            }
        } else if let Some(reason) = line::bail_out(line)
            && (self.is_tap || line.starts_with("Bail out!"))
        {
            self.read_bail_out(reason);
        } else if let Some(points) = line::plan(line) {
            if !self.is_in_block {
                self.read_plan(points);
            }
        } else if self.is_over {
            // A plan without tests allows no test point. A failed one is counted all the same.
            if self.plan == Some(0) && TestPoint::parse(line).is_some_and(|point| point.outcome == TestOutcome::Failed)
            {
                self.tally.fail_since(self.mark, "");
            }
        } else if let Some(point) = TestPoint::parse(line) {
            self.read_point(&point);
            self.is_in_block = line.ends_with('{');
        } else if let Some(comment) = line.strip_prefix("# ") {
            self.read_comment(comment);
        }
    }

    /// Reads a line that prove printed itself. Returns whether it is one.
    fn read_prove_line(&mut self, line: &str) -> bool {
        if self.is_between_scripts && is_script(line) {
            self.close();
            self.is_between_scripts = false;
        } else if let Some(result) = line.strip_prefix("Result: ") {
            self.has_result = true;
            self.close();
            if result != "PASS" && result != "NOTESTS" {
                self.tally.fail_file();
            }
        } else if line.starts_with("Dubious, test returned ") || is_failed_script(line) {
            self.tally.fail_since(self.mark, "");
            self.is_between_scripts = true;
        } else if line.starts_with("Bailout called.") {
            // prove prints this before the name of the script that bailed out.
            self.remark_bail_out(line.split_once(':').map_or(NO_REASON, |(_, reason)| reason.trim()));
            self.is_between_scripts = true;
        } else if (line == "ok" && self.plan.is_some_and(|plan| plan == self.points)) || is_skipped_script(line) {
            self.is_between_scripts = true;
        } else {
            return false;
        }
        true
    }

    fn read_bail_out(&mut self, reason: &str) {
        self.is_tap = true;
        if !self.is_over {
            self.remark_bail_out(if reason.is_empty() { NO_REASON } else { reason });
        }
        self.tally.fail_since(self.mark, "");
        self.is_over = true;
        self.plan = None;
    }

    fn remark_bail_out(&mut self, reason: &str) {
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        self.tally.remark(format!("the run bailed out: {reason}"));
    }

    fn read_plan(&mut self, points: u64) {
        let is_without_tests = self.is_over && self.plan == Some(0) && self.points == 0;
        let is_met = self.plan.is_some_and(|plan| plan > 0 && self.points >= plan);
        if self.is_over && !(is_without_tests && points > 0) {
            return;
        }
        if is_without_tests || is_met {
            let before = self.plan;
            self.close();
            self.met_plan = before;
        }
        self.is_tap = true;
        self.plan = self.plan.or(Some(points));
        self.is_over = points == 0 && self.points == 0;
    }

    fn read_point(&mut self, point: &TestPoint) {
        if point.number == Some(1) && self.points > 0 && self.plan == Some(self.points) {
            self.close();
        }
        self.is_tap |= point.is_certain;
        self.points += 1;
        self.met_plan = None;
        self.tally.add("", point.outcome);
    }

    fn read_comment(&mut self, comment: &str) {
        let time = comment
            .strip_prefix("time=")
            .map(|time| time.strip_suffix("ms").map_or(parse_seconds(time), parse_milliseconds));
        let time = time.or(comment.strip_prefix("duration_ms ").map(parse_milliseconds));
        self.tally.add_duration(time.flatten());
        // The total that node and tape write at the end.
        let failed = comment.strip_prefix("fail ").and_then(|number| number.trim().parse::<u64>().ok());
        if failed.is_some_and(|number| number > 0) && self.is_tap {
            self.tally.fail_since(self.mark, "");
        }
    }

    /// Ends one stream, and begins the next.
    fn close(&mut self) {
        let has_plan = self.plan.is_some();
        let is_repeated = self.points == 0 && self.met_plan.is_some() && self.met_plan == self.plan;
        if let Some(plan) = self.plan.take().filter(|plan| *plan != self.points && !is_repeated) {
            self.tally.remark(format!("{plan} tests were planned and {} ran", self.points));
            if self.points < plan {
                self.tally.fail_since(self.mark, "");
            }
        }
        if self.is_tap && self.points > 0 && !has_plan && !self.is_over && !self.is_prove {
            self.tally.remark("no plan says how many tests there should be; if it was cut short, tests are missing");
        }
        self.points = 0;
        self.met_plan = None;
        self.is_in_block = false;
        self.is_over = false;
        self.mark = self.tally.mark();
    }

    fn finish(mut self) -> Option<TestReport> {
        self.close();
        if self.is_prove && self.is_tap && !self.has_result {
            self.tally.remark("prove has not said how the run ended; it was cut short, so tests may be missing");
            self.tally.fail_file();
        }
        self.is_tap.then(|| self.tally.finish(NAME))
    }
}

fn parse_milliseconds(text: &str) -> Option<Duration> {
    from_milliseconds(text.trim().parse().ok()?)
}
