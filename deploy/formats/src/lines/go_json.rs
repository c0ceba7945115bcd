//! `go test -json`: events of tests, and of the packages around them.
//!
//! A package that fails although none of its tests does (it does not build, its `TestMain` panics) counts as one failed
//! test. A test that began and never ended has failed, unless its package or the test around it passed: go loses the
//! end of a test that printed half a line before it. A package without an end was cut short, and is one failure where
//! no test in it failed.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use serde::Deserialize;

use crate::{
    lines::Events,
    report::{Counts, Kind, Report},
    tally::{Outcome, Tally},
};

#[derive(Debug, Default)]
pub(crate) struct Go {
    tally: Tally,
    packages: Vec<(String, Package)>,
    /// Where each package stands in the list.
    places: HashMap<String, usize>,
    /// What did not build, and which of it a package gave as its reason.
    broken_builds: BTreeSet<String>,
    reasons: HashSet<String>,
    /// What go before 1.24 printed beside the events.
    printed_failures: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    package: Option<Cow<'a, str>>,
    #[serde(borrow)]
    test: Option<Cow<'a, str>>,
    elapsed: Option<f64>,
    #[serde(borrow)]
    import_path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    failed_build: Option<Cow<'a, str>>,
}

impl Events for Go {
    fn event(&mut self, json: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return false };
        if let Some(import) = event.import_path {
            if event.action == "build-fail" {
                self.broken_builds.insert(import.into_owned());
            }
            return true;
        }
        if let Some(build) = event.failed_build {
            self.reasons.insert(build.into_owned());
        }
        let (place, is_new) = self.place(event.package.as_deref().unwrap_or_default());
        let Some((name, package)) = self.packages.get_mut(place) else { return true };
        if is_new || event.action == "start" {
            package.is_open = true;
        }
        let verdict = match &*event.action {
            "pass" | "bench" => Outcome::Passed,
            "fail" => Outcome::Failed,
            "skip" => Outcome::Skipped,
            "run" => {
                package.begin(event.test.as_deref().unwrap_or_default());
                return true;
            }
            _ => return true,
        };
        match event.test.as_deref() {
            Some(test) if !test.is_empty() => package.end(test, verdict),
            _ => {
                self.tally.add_all(name, package.close(Some(verdict)));
                if let Some(time) = event.elapsed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
                    self.tally.lasted(time);
                }
            }
        }
        true
    }

    fn noise(&mut self, line: &str) {
        let broken = line.strip_suffix("[build failed]").or(line.strip_suffix("[setup failed]"));
        if let Some(package) = broken.and_then(|line| line.strip_prefix("FAIL\t")) {
            self.printed_failures.insert(package.trim_ascii().to_owned());
        }
    }

    fn finish(mut self: Box<Self>, broken: u64) -> Report {
        let failure = Counts { failed: 1, ..Counts::default() };
        for package in &self.printed_failures {
            if !self.places.contains_key(package) {
                self.tally.add_all(package, failure);
            }
        }
        for build in self.broken_builds.difference(&self.reasons.into_iter().collect()) {
            self.tally.add_all(build, failure);
        }
        let mut unfinished = 0;
        for (name, package) in &mut self.packages {
            let is_open = package.is_open;
            unfinished += u64::from(is_open);
            let mark = self.tally.mark();
            self.tally.add_all(name, package.close(None));
            if is_open {
                self.tally.fail_since(mark, name);
            }
        }
        if unfinished > 0 {
            self.tally
                .remark(format!("{unfinished} package(s) have no end; the run was cut short, so tests may be missing"));
        }
        if broken > 0 {
            self.tally.remark(format!("{broken} line(s) are broken JSON and passed over"));
        }
        self.tally.finish(Kind::GoJson)
    }
}

impl Go {
    fn place(&mut self, package: &str) -> (usize, bool) {
        if let Some(place) = self.places.get(package) {
            return (*place, false);
        }
        self.places.insert(package.to_owned(), self.packages.len());
        self.packages.push((package.to_owned(), Package::default()));
        (self.packages.len() - 1, true)
    }
}

/// The tests of one run of one package.
#[derive(Debug, Default)]
pub(crate) struct Package {
    is_open: bool,
    counts: Counts,
    running: HashSet<String>,
    /// Tests that passed and may have tests within them.
    passed: HashSet<String>,
}

impl Package {
    pub(crate) fn begin(&mut self, test: &str) {
        self.is_open = true;
        self.running.insert(test.to_owned());
    }

    /// Whether a test of it began and the package did not end yet.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn is_running(&self, test: &str) -> bool {
        self.running.contains(test)
    }

    /// Takes back that a test began.
    pub(crate) fn forget(&mut self, test: &str) {
        self.running.remove(test);
    }

    pub(crate) fn end(&mut self, test: &str, outcome: Outcome) {
        self.is_open = true;
        self.running.remove(test);
        match outcome {
            Outcome::Passed => {
                self.passed.insert(test.to_owned());
                self.counts.passed += 1;
            }
            Outcome::Failed => self.counts.failed += 1,
            Outcome::Skipped => self.counts.skipped += 1,
        }
    }

    /// Ends this run, by the package's own verdict or, where the file just stops, without one.
    pub(crate) fn close(&mut self, verdict: Option<Outcome>) -> Counts {
        let Self { mut counts, running, passed, .. } = std::mem::take(self);
        for test in running {
            let is_around = |(end, _): (usize, char)| test.get(..end).is_some_and(|outer| passed.contains(outer));
            if test.char_indices().filter(|(_, c)| *c == '/').any(is_around) {
                counts.passed += 1;
                continue;
            }
            match verdict {
                Some(Outcome::Passed) => counts.passed += 1,
                Some(Outcome::Skipped) => counts.skipped += 1,
                Some(Outcome::Failed) | None => counts.failed += 1,
            }
        }
        if verdict == Some(Outcome::Failed) && counts.failed == 0 {
            counts.failed = 1;
        }
        counts
    }
}
