//! Counting: outcomes go in, a report comes out.

use std::{collections::HashMap, time::Duration};

use crate::report::{Counts, Kind, Report, Suite};

/// Suites beyond this many are counted in the whole only.
const MOST_SUITES: usize = 10_000;
/// Longer names of suites are cut, in characters.
const LONGEST_NAME: usize = 200;

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Sums while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Counts,
    suites: Vec<Suite>,
    /// Where each suite stands in the list, by its name.
    places: HashMap<String, usize>,
    duration: Option<Duration>,
    remarks: Vec<String>,
    /// Failures of runs and suites that no test tells of.
    outside: u64,
}

/// Where a run or a suite begins: how many failures were counted before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark(u64);

impl Tally {
    /// One test of a suite; a suite without a name is none.
    pub(crate) fn add(&mut self, suite: &str, outcome: Outcome) {
        let mut counts = Counts::default();
        match outcome {
            Outcome::Passed => counts.passed = 1,
            Outcome::Failed => counts.failed = 1,
            Outcome::Skipped => counts.skipped = 1,
        }
        self.add_all(suite, counts);
    }

    /// Several tests of a suite at once; no tests make no suite.
    pub(crate) fn add_all(&mut self, suite: &str, counts: Counts) {
        self.counts += counts;
        if suite.is_empty() || counts == Counts::default() {
            return;
        }
        let place = match self.places.get(suite) {
            Some(place) => *place,
            None if self.suites.len() == MOST_SUITES => return,
            None => {
                self.places.insert(suite.to_owned(), self.suites.len());
                self.suites.push(Suite { name: suite.chars().take(LONGEST_NAME).collect(), counts: Counts::default() });
                self.suites.len() - 1
            }
        };
        if let Some(suite) = self.suites.get_mut(place) {
            suite.counts += counts;
        }
    }

    /// Where something begins that may fail as a whole.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.counts.failed)
    }

    /// Something that began at the mark failed as a whole. That is one failure, unless one was counted in it already.
    pub(crate) fn fail_since(&mut self, mark: Mark, suite: &str) {
        if self.counts.failed == mark.0 {
            self.outside += 1;
            self.add(suite, Outcome::Failed);
        }
    }

    /// Some time that was spent, on top of what was said before.
    pub(crate) fn lasted(&mut self, time: Duration) {
        self.duration = Some(self.duration.unwrap_or_default().saturating_add(time));
    }

    /// Replaces what was said about time, if anything is known.
    pub(crate) fn lasted_in_all(&mut self, time: Option<Duration>) {
        self.duration = time.or(self.duration);
    }

    pub(crate) fn remark(&mut self, sentence: impl Into<String>) {
        self.remarks.push(sentence.into());
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn finish(mut self, kind: Kind) -> Report {
        let outside = self.outside;
        if outside > 0 {
            self.remark(format!(
                "{outside} run(s) or suite(s) failed although no test in them did; each is one failure"
            ));
        }
        let Self { counts, suites, duration, remarks, .. } = self;
        Report { kind, counts, outside, duration, suites, remarks }
    }
}

/// Seconds as tools write them: `1.5`, `1,234.5`, `0,5` and `1.5s`. What is no time is none.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let text = text.strip_suffix('s').unwrap_or(text);
    let text = match (text.contains('.'), text.matches(',').count()) {
        (_, 0) => text.to_owned(),
        (false, 1) => text.replace(',', "."),
        _ => text.replace(',', ""),
    };
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Milliseconds as a number of JSON.
pub(crate) fn milliseconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling_and_nonsense_is_none() {
        for (text, milliseconds) in [
            ("1.5", Some(1500)),
            ("0,5", Some(500)),
            ("1,234.5", Some(1_234_500)),
            ("1,234,567", Some(1_234_567_000)),
            (" 0.072s ", Some(72)),
            ("1e-3", Some(1)),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1e300", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn what_failed_as_a_whole_is_one_failure_unless_a_test_in_it_failed() {
        let mut tally = Tally::default();
        tally.add("one", Outcome::Failed);
        let (outer, inner) = (tally.mark(), tally.mark());
        tally.add("two", Outcome::Passed);
        tally.fail_since(inner, "two");
        tally.fail_since(inner, "two");
        tally.fail_since(outer, "all");
        let report = tally.finish(Kind::NUnit3);
        assert_eq!(report.counts, Counts { passed: 1, failed: 2, skipped: 0 });
        assert!(report.outside == 1 && report.remarks.len() == 1, "{report:?}");
    }

    #[test]
    fn a_suite_that_comes_again_is_the_same_suite() {
        let mut tally = Tally::default();
        tally.add("one", Outcome::Passed);
        tally.add("two", Outcome::Skipped);
        tally.add("", Outcome::Failed);
        tally.add("one", Outcome::Failed);
        let report = tally.finish(Kind::Tap);
        assert_eq!(report.counts, Counts { passed: 1, failed: 2, skipped: 1 });
        let one = Suite { name: "one".into(), counts: Counts { passed: 1, failed: 1, skipped: 0 } };
        let two = Suite { name: "two".into(), counts: Counts { passed: 0, failed: 0, skipped: 1 } };
        assert_eq!(report.suites, [one, two]);
    }
}
