//! TAP, the Test Anything Protocol, versions 12 to 14.
//!
//! The points that stand at the beginning of a line count. What is indented belongs to the point after it (subtests,
//! YAML) and does not. `# SKIP` and `# TODO` make a point skipped, whether it was ok or not. A plan that is not kept and
//! a bail out are remarked: the points before still count.

use crate::{
    report::{Kind, Report},
    tally::{Outcome, Tally, milliseconds, seconds},
};

/// Whether the first line that is neither blank nor a comment is a version.
pub(crate) fn is_announced(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim_ascii().is_empty() && !line.starts_with('#'));
    first.is_some_and(is_version)
}

/// Counts a TAP stream, if the text looks like one.
pub(crate) fn read(text: &str) -> Option<Report> {
    let mut stream = Stream::default();
    for line in text.lines() {
        stream.line(line.trim_ascii_end());
    }
    stream.close();
    stream.is_tap.then(|| stream.tally.finish(Kind::Tap))
}

#[derive(Debug, Default)]
struct Stream {
    tally: Tally,
    is_tap: bool,
    /// How many points the first plan promises.
    plan: Option<u64>,
    points: u64,
    /// After `1..0` and after a bail out nothing counts, until another stream begins.
    is_over: bool,
}

impl Stream {
    fn line(&mut self, line: &str) {
        if is_version(line) {
            self.is_tap = true;
            // Several streams in one file.
            if self.points > 0 || self.is_over {
                self.close();
            }
        } else if let Some(reason) = bail_out(line) {
            if !self.is_over {
                let reason = if reason.is_empty() { "without a reason" } else { reason };
                let reason: String = reason.chars().take(200).collect();
                self.tally.remark(format!("the run bailed out: {reason}"));
            }
            self.is_over = true;
            self.plan = None;
        } else if self.is_over {
        } else if let Some(points) = plan(line) {
            self.is_tap = true;
            self.plan = self.plan.or(Some(points));
            self.is_over = points == 0 && self.points == 0;
        } else if let Some(point) = Point::of(line) {
            self.is_tap |= point.is_plain;
            self.points += 1;
            self.tally.add("", point.outcome);
        } else if let Some(comment) = line.strip_prefix("# ") {
            let time =
                comment.strip_prefix("time=").map(|time| time.strip_suffix("ms").map_or(seconds(time), thousandth));
            let time = time.or(comment.strip_prefix("duration_ms ").map(thousandth));
            if let Some(time) = time.flatten() {
                self.tally.lasted(time);
            }
        }
    }

    /// Ends one stream.
    fn close(&mut self) {
        if let Some(plan) = self.plan.take().filter(|plan| *plan != self.points) {
            self.tally.remark(format!("{plan} tests were planned and {} ran", self.points));
        }
        self.points = 0;
        self.is_over = false;
    }
}

fn thousandth(text: &str) -> Option<std::time::Duration> {
    milliseconds(text.trim().parse().ok()?)
}

/// `TAP version 14`.
fn is_version(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let mut is_next = |word: &str| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word));
    line.starts_with(['T', 't'])
        && is_next("TAP")
        && is_next("version")
        && words.next().is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// `Bail out! because`, in subtests too.
fn bail_out(line: &str) -> Option<&str> {
    let line = line.trim_ascii_start();
    let (start, reason) = line.split_at_checked("Bail out!".len())?;
    start.eq_ignore_ascii_case("Bail out!").then(|| reason.trim())
}

/// How many points `1..5` or `1..0 # SKIP because` promises; nothing for a plan that ends before it begins.
fn plan(line: &str) -> Option<u64> {
    let (first, rest) = line.split_once("..")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (last, comment) = rest.split_at_checked(end)?;
    if first.is_empty() || !first.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let is_plan = comment.is_empty() || comment.trim_start().starts_with('#');
    last.checked_add(1)?.checked_sub(first).filter(|_| is_plan)
}

#[derive(Debug, PartialEq)]
struct Point {
    outcome: Outcome,
    /// Has a number or a dash, which no sentence that begins with `ok` has.
    is_plain: bool,
}

impl Point {
    /// `not ok 2 - description # TODO why`.
    fn of(line: &str) -> Option<Self> {
        let affirmed = line.strip_prefix("not").filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim_ascii_start);
        let rest = affirmed.unwrap_or(line).strip_prefix("ok")?;
        if !(rest.is_empty() || rest.starts_with([' ', '\t', '-', '#', '{'])) {
            return None;
        }
        let rest = rest.trim_ascii_start();
        let description = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_plain = description.len() < rest.len() || rest.starts_with('-');
        let outcome = match affirmed {
            _ if has_directive(description) => Outcome::Skipped,
            Some(_) => Outcome::Failed,
            None => Outcome::Passed,
        };
        Some(Self { outcome, is_plain })
    }
}

/// Whether the first `#` that is neither escaped nor within a word begins with SKIP or TODO. Times may stand before it.
fn has_directive(description: &str) -> bool {
    let mut rest = description;
    let mut before = ' ';
    loop {
        let Some(hash) = rest.find('#') else { return false };
        let (start, end) = (rest.get(..hash).unwrap_or_default(), rest.get(hash + 1..).unwrap_or_default());
        let backslashes = start.len() - start.trim_end_matches('\\').len();
        let last = start.chars().next_back().unwrap_or(before);
        let directive = end.trim_start();
        rest = end;
        before = '#';
        if backslashes % 2 == 1 || !(backslashes > 0 || last.is_whitespace() || last == '-') {
            continue;
        }
        let begins = |word: &str| directive.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if !begins("time=") {
            return begins("SKIP") || begins("TODO");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_told_from_sentences() {
        for (line, outcome) in [
            ("ok", Some(Outcome::Passed)),
            ("ok 1", Some(Outcome::Passed)),
            ("not ok 2 - adds", Some(Outcome::Failed)),
            ("not  ok", Some(Outcome::Failed)),
            ("ok 3 # skip", Some(Outcome::Skipped)),
            ("not ok 4 # TODO later", Some(Outcome::Skipped)),
            ("ok 5 - # todo", Some(Outcome::Skipped)),
            ("ok 6 \\# skip", Some(Outcome::Passed)),
            ("ok 7 \\\\# skip", Some(Outcome::Skipped)),
            ("ok 8 page#todo", Some(Outcome::Passed)),
            ("ok 9 - a # b # todo", Some(Outcome::Passed)),
            ("ok 10 # time=5ms # skip", Some(Outcome::Skipped)),
            ("ok 11 - group {", Some(Outcome::Passed)),
            ("okay", None),
            ("    ok 1", None),
            ("not okay", None),
            ("notok", None),
            ("nothing", None),
        ] {
            assert_eq!(Point::of(line).map(|point| point.outcome), outcome, "{line}");
        }
    }

    #[test]
    fn a_plan_promises_points() {
        for (line, points) in [
            ("1..5", Some(5)),
            ("1..0 # SKIP no network", Some(0)),
            ("8..11", Some(4)),
            ("100..1", None),
            ("1..", None),
            ("..5", None),
            ("1..5 todo 2;", None),
            ("  1..5", None),
            ("1..18446744073709551615", None),
        ] {
            assert_eq!(plan(line), points, "{line}");
        }
    }
}
