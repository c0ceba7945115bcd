//! TAP, the Test Anything Protocol, versions 12 to 14, alone or within what `prove -v` prints.
//!
//! The points that stand at the beginning of a line count. What is indented belongs to the point after it (subtests,
//! YAML) and does not. `# SKIP` and `# TODO` make a point skipped, whether it was ok or not.
//!
//! One file may hold several streams: each begins with a version, with the plan or the first point after a plan that is
//! fulfilled, or with the name of a script in what prove prints. A stream that bails out, or ends before its plan, is
//! one failure where no point in it failed; one with more points than planned is remarked only. prove's own verdict on
//! a script, such as the `ok` behind its points, is no point.

use crate::{
    report::{Kind, Report},
    tally::{Mark, Outcome, Tally, milliseconds, seconds},
};

/// Whether the first line that is neither blank nor a comment is a version.
pub(crate) fn is_announced(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim_ascii().is_empty() && !line.starts_with('#'));
    first.is_some_and(is_version)
}

/// Counts a TAP stream, if the text looks like one.
pub(crate) fn read(text: &str) -> Option<Report> {
    let mut stream = Stream { is_prove: is_prove(text), is_between: true, ..Stream::default() };
    for line in text.lines() {
        stream.line(line.trim_ascii_end());
    }
    stream.finish()
}

/// Whether prove printed this: its first line names a script, or its last lines are there.
fn is_prove(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    is_script(first.trim_ascii_end()) || text.lines().any(|line| line.starts_with("Files=") && line.contains(" Tests="))
}

#[derive(Debug, Default)]
struct Stream {
    tally: Tally,
    is_tap: bool,
    /// How many points the plan promises.
    plan: Option<u64>,
    /// The plan that was fulfilled before this one, without a point since: a plan that is only repeated.
    repeated: Option<u64>,
    points: u64,
    /// Where the stream began.
    mark: Mark,
    /// Within a block of YAML or a subtest in braces, whose plans are none of the stream's.
    is_in_block: bool,
    /// After `1..0` and after a bail out nothing counts, until another stream begins.
    is_over: bool,
    is_prove: bool,
    /// prove has said how the last script ended, and none has begun since.
    is_between: bool,
    /// prove has said how all of it ended.
    has_result: bool,
}

impl Stream {
    fn line(&mut self, line: &str) {
        if self.is_prove && self.prove(line) {
            return;
        }
        match line.trim_ascii_start() {
            "---" => self.is_in_block = true,
            "..." | "}" => self.is_in_block = false,
            _ => {}
        }
        if is_version(line) {
            self.is_tap = true;
            // Several streams in one file.
            if self.points > 0 || self.is_over {
                self.close();
            }
        } else if let Some(reason) = bail_out(line)
            && (self.is_tap || line.starts_with("Bail out!"))
        {
            self.bail_out(reason);
        } else if let Some(points) = plan(line) {
            if !self.is_in_block {
                self.plan(points);
            }
        } else if self.is_over {
            // A point after the plan that promised none is against the plan; one that failed is not hidden.
            if self.plan == Some(0) && Point::of(line).is_some_and(|point| point.outcome == Outcome::Failed) {
                self.tally.fail_since(self.mark, "");
            }
        } else if let Some(point) = Point::of(line) {
            self.point(&point);
            self.is_in_block = line.ends_with('{');
        } else if let Some(comment) = line.strip_prefix("# ") {
            self.comment(comment);
        }
    }

    /// What prove itself says; true where it is such a line.
    fn prove(&mut self, line: &str) -> bool {
        if self.is_between && is_script(line) {
            self.close();
            self.is_between = false;
        } else if let Some(result) = line.strip_prefix("Result: ") {
            self.has_result = true;
            self.close();
            if result != "PASS" && result != "NOTESTS" {
                self.tally.fail_since(Mark::default(), "");
            }
        } else if line.starts_with("Dubious, test returned ") || is_failed_script(line) {
            self.tally.fail_since(self.mark, "");
            self.is_between = true;
        } else if line.starts_with("Bailout called.") {
            // It stands before the script that it is of.
            let reason = line.split_once(':').map_or("without a reason", |(_, reason)| reason.trim());
            self.tally.remark(format!("the run bailed out: {}", reason.chars().take(200).collect::<String>()));
            self.is_between = true;
        } else if (line == "ok" && self.plan.is_some_and(|plan| plan == self.points)) || is_skipped_script(line) {
            self.is_between = true;
        } else {
            return false;
        }
        true
    }

    fn bail_out(&mut self, reason: &str) {
        self.is_tap = true;
        if !self.is_over {
            let reason = if reason.is_empty() { "without a reason" } else { reason };
            let reason: String = reason.chars().take(200).collect();
            self.tally.remark(format!("the run bailed out: {reason}"));
        }
        self.tally.fail_since(self.mark, "");
        self.is_over = true;
        self.plan = None;
    }

    fn plan(&mut self, points: u64) {
        let is_empty_before = self.is_over && self.plan == Some(0) && self.points == 0;
        let is_fulfilled = self.plan.is_some_and(|plan| plan > 0 && self.points >= plan);
        if self.is_over && !(is_empty_before && points > 0) {
            return;
        }
        if is_empty_before || is_fulfilled {
            let before = self.plan;
            self.close();
            self.repeated = before;
        }
        self.is_tap = true;
        self.plan = self.plan.or(Some(points));
        self.is_over = points == 0 && self.points == 0;
    }

    fn point(&mut self, point: &Point) {
        if point.number == Some(1) && self.points > 0 && self.plan == Some(self.points) {
            self.close();
        }
        self.is_tap |= point.is_plain;
        self.points += 1;
        self.repeated = None;
        self.tally.add("", point.outcome);
    }

    fn comment(&mut self, comment: &str) {
        let time = comment.strip_prefix("time=").map(|time| time.strip_suffix("ms").map_or(seconds(time), thousandth));
        let time = time.or(comment.strip_prefix("duration_ms ").map(thousandth));
        if let Some(time) = time.flatten() {
            self.tally.lasted(time);
        }
        // The sum that node and tape write at the end.
        let failed = comment.strip_prefix("fail ").and_then(|number| number.trim().parse::<u64>().ok());
        if failed.is_some_and(|number| number > 0) && self.is_tap {
            self.tally.fail_since(self.mark, "");
        }
    }

    /// Ends one stream.
    fn close(&mut self) {
        let has_plan = self.plan.is_some();
        let is_repeated = self.points == 0 && self.repeated.is_some() && self.repeated == self.plan;
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
        self.repeated = None;
        self.is_in_block = false;
        self.is_over = false;
        self.mark = self.tally.mark();
    }

    fn finish(mut self) -> Option<Report> {
        self.close();
        if self.is_prove && self.is_tap && !self.has_result {
            self.tally.remark("prove has not said how the run ended; it was cut short, so tests may be missing");
            self.tally.fail_since(Mark::default(), "");
        }
        self.is_tap.then(|| self.tally.finish(Kind::Tap))
    }
}

/// `t/cart.t .. `, what prove prints before the points of a script.
fn is_script(line: &str) -> bool {
    let name = line.trim_end_matches('.');
    line.len() >= name.len() + 2
        && name.strip_suffix(' ').is_some_and(|name| !name.contains(char::is_whitespace) && name.contains(['.', '/']))
}

/// `t/net.t .. skipped: no network`, or the second half of it alone.
fn is_skipped_script(line: &str) -> bool {
    let is_reason = |rest: &str| rest.is_empty() || rest.starts_with(": ");
    line.split_once("skipped")
        .is_some_and(|(before, reason)| is_reason(reason) && (before.is_empty() || is_script(before.trim_ascii_end())))
}

/// `Failed 2/3 subtests`, `No subtests run`.
fn is_failed_script(line: &str) -> bool {
    let counted = line.strip_prefix("Failed ").and_then(|rest| rest.strip_suffix(" subtests"));
    counted.is_some_and(|counted| counted.contains('/')) || line == "No subtests run"
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
    number: Option<u64>,
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
        let number = rest.get(..rest.len() - description.len()).and_then(|number| number.parse().ok());
        let outcome = match (affirmed, directive(description)) {
            (_, Some(Directive::Exact)) | (None, Some(Directive::Longer)) => Outcome::Skipped,
            (Some(_), _) => Outcome::Failed,
            (None, _) => Outcome::Passed,
        };
        Some(Self { outcome, number, is_plain })
    }
}

/// What stands behind a point's `#`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Directive {
    /// `SKIP`, `SKIPPED` or `TODO`, a whole word.
    Exact,
    /// A longer word that begins with SKIP. The specification lets any such word skip; one that excuses a failure would
    /// hide it.
    Longer,
}

/// The directive behind the first `#` that is neither escaped nor within a word. Times may stand before it.
fn directive(description: &str) -> Option<Directive> {
    let mut rest = description;
    let mut before = ' ';
    loop {
        let hash = rest.find('#')?;
        let (start, end) = (rest.get(..hash).unwrap_or_default(), rest.get(hash + 1..).unwrap_or_default());
        let backslashes = start.len() - start.trim_end_matches('\\').len();
        let last = start.chars().next_back().unwrap_or(before);
        let words = end.trim_start();
        rest = end;
        before = '#';
        if backslashes % 2 == 1 || !(backslashes > 0 || last.is_whitespace() || last == '-') {
            continue;
        }
        let length = words.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(words.len());
        let word = words.get(..length).unwrap_or_default();
        let begins = |start: &str| word.get(..start.len()).is_some_and(|word| word.eq_ignore_ascii_case(start));
        if begins("time") && words.get(length..).is_some_and(|rest| rest.starts_with('=')) {
            continue;
        }
        return match word.len() {
            4 if begins("SKIP") || begins("TODO") => Some(Directive::Exact),
            7 if begins("SKIPPED") => Some(Directive::Exact),
            _ => begins("SKIP").then_some(Directive::Longer),
        };
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
            ("not ok 12 - lists # todos of a user", Some(Outcome::Failed)),
            ("not ok 13 - lists # todo_list", Some(Outcome::Failed)),
            ("not ok 14 - lists # TODO: later", Some(Outcome::Skipped)),
            ("not ok 15 - # skipped: no network", Some(Outcome::Skipped)),
            ("ok 16 - # skipping it", Some(Outcome::Skipped)),
            ("not ok 17 - # skipping rope", Some(Outcome::Failed)),
            ("ok 18 - a # todoist", Some(Outcome::Passed)),
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
    fn scripts_are_told_from_sentences() {
        for (line, is_one) in [
            ("t/a.t ..", true),
            ("a.t ........", true),
            ("t/a.t .. ok", false),
            ("Loading ...", false),
            ("t/a.t...", false),
            ("the file a.t ..", false),
            ("..", false),
        ] {
            assert_eq!(is_script(line), is_one, "{line}");
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
