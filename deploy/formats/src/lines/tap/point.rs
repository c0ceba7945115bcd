//! A test point of TAP: `ok` or `not ok`, with its number, description and directive.

use crate::tally::TestOutcome;

/// One test point.
#[derive(Debug, PartialEq)]
pub(super) struct TestPoint {
    pub(super) outcome: TestOutcome,
    pub(super) number: Option<u64>,
    /// Whether it has a number or a dash, and so cannot be a sentence that begins with `ok`.
    pub(super) is_certain: bool,
}

impl TestPoint {
    /// Parses `not ok 2 - description # TODO why`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let negated = line.strip_prefix("not").filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim_ascii_start);
        let rest = negated.unwrap_or(line).strip_prefix("ok")?;
        if !(rest.is_empty() || rest.starts_with([' ', '\t', '-', '#', '{'])) {
            return None;
        }
        let rest = rest.trim_ascii_start();
        let description = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_certain = description.len() < rest.len() || rest.starts_with('-');
        let number = rest.get(..rest.len() - description.len()).and_then(|number| number.parse().ok());
        let outcome = match (negated, directive(description)) {
            (_, Some(Directive::Exact)) | (None, Some(Directive::Longer)) => TestOutcome::Skipped,
            (Some(_), _) => TestOutcome::Failed,
            (None, _) => TestOutcome::Passed,
        };
        Some(Self { outcome, number, is_certain })
    }
}

/// The directive in the comment of a test point, which changes its outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Directive {
    /// The word `SKIP`, `SKIPPED` or `TODO`.
    Exact,
    /// A longer word that begins with SKIP. According to the specification it skips the test, but here a failed test
    /// point with it still fails, so that the failure is not hidden.
    Longer,
}

/// The directive after the first `#` that is neither escaped nor within a word. Times such as `# time=5ms` may precede
/// it.
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
    fn test_points_are_told_from_sentences() {
        for (line, outcome) in [
            ("ok", Some(TestOutcome::Passed)),
            ("ok 1", Some(TestOutcome::Passed)),
            ("not ok 2 - adds", Some(TestOutcome::Failed)),
            ("not  ok", Some(TestOutcome::Failed)),
            ("ok 3 # skip", Some(TestOutcome::Skipped)),
            ("not ok 4 # TODO later", Some(TestOutcome::Skipped)),
            ("ok 5 - # todo", Some(TestOutcome::Skipped)),
            ("ok 6 \\# skip", Some(TestOutcome::Passed)),
            ("ok 7 \\\\# skip", Some(TestOutcome::Skipped)),
            ("ok 8 page#todo", Some(TestOutcome::Passed)),
            ("ok 9 - a # b # todo", Some(TestOutcome::Passed)),
            ("ok 10 # time=5ms # skip", Some(TestOutcome::Skipped)),
            ("ok 11 - group {", Some(TestOutcome::Passed)),
            ("not ok 12 - lists # todos of a user", Some(TestOutcome::Failed)),
            ("not ok 13 - lists # todo_list", Some(TestOutcome::Failed)),
            ("not ok 14 - lists # TODO: later", Some(TestOutcome::Skipped)),
            ("not ok 15 - # skipped: no network", Some(TestOutcome::Skipped)),
            ("ok 16 - # skipping it", Some(TestOutcome::Skipped)),
            ("not ok 17 - # skipping rope", Some(TestOutcome::Failed)),
            ("ok 18 - a # todoist", Some(TestOutcome::Passed)),
            ("okay", None),
            ("    ok 1", None),
            ("not okay", None),
            ("notok", None),
            ("nothing", None),
        ] {
            assert_eq!(TestPoint::parse(line).map(|point| point.outcome), outcome, "{line}");
        }
    }
}
