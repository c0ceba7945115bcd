//! `go test -json`: the events of tests and of their packages.
//!
//! A package that cannot be built is one failure. A package whose end is missing was cut short, and is one failure if
//! no test in it failed.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

use serde::Deserialize;

use crate::{
    duration::from_seconds,
    lines::{
        event::{EventFormat, EventKeys, EventSink},
        go_package::GoPackage,
    },
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: EventFormat = EventFormat { is_format_of, start: || Box::<GoJson>::default() };

const NAME: ReportFormat = ReportFormat::named("go test -json");
const ACTIONS: [&str; 11] =
    ["start", "run", "pause", "cont", "pass", "bench", "fail", "output", "skip", "build-output", "build-fail"];

fn is_format_of(keys: &EventKeys<'_>) -> bool {
    let has_subject = keys.package.is_some() || keys.test.is_some() || keys.import_path.is_some();
    has_subject && keys.action.as_deref().is_some_and(|action| ACTIONS.contains(&action))
}

#[derive(Debug, Default)]
struct GoJson {
    tally: Tally,
    /// The packages by name, in the order of the file.
    packages: Vec<(String, GoPackage)>,
    /// The index of each package in `packages`, by its name.
    indexes: HashMap<String, usize>,
    /// The import paths that could not be built.
    failed_builds: BTreeSet<String>,
    /// The failed builds that a package gave as the reason of its own failure, so that they do not count twice.
    reported_builds: HashSet<String>,
    /// The packages that could not be built, according to the text output in which Go before 1.24 reports them.
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

impl EventSink for GoJson {
    fn event(&mut self, json: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return false };
        if let Some(import) = event.import_path {
            if event.action == "build-fail" {
                self.failed_builds.insert(import.into_owned());
            }
            return true;
        }
        if let Some(build) = event.failed_build {
            self.reported_builds.insert(build.into_owned());
        }
        let (index, is_new) = self.index_of(event.package.as_deref().unwrap_or_default());
        let Some((name, package)) = self.packages.get_mut(index) else { return true };
        if is_new || event.action == "start" {
            package.is_open = true;
        }
        let verdict = match &*event.action {
            "pass" | "bench" => TestOutcome::Passed,
            "fail" => TestOutcome::Failed,
            "skip" => TestOutcome::Skipped,
            "run" => {
                package.begin(event.test.as_deref().unwrap_or_default());
                return true;
            }
            _ => return true,
        };
        match event.test.as_deref() {
            Some(test) if !test.is_empty() => package.end(test, verdict),
            _ => {
                self.tally.add_counts(name, package.close(Some(verdict)));
                self.tally.add_duration(event.elapsed.and_then(from_seconds));
            }
        }
        true
    }

    fn other_line(&mut self, line: &str) {
        let broken = line.strip_suffix("[build failed]").or(line.strip_suffix("[setup failed]"));
        if let Some(package) = broken.and_then(|line| line.strip_prefix("FAIL\t")) {
            self.printed_failures.insert(package.trim_ascii().to_owned());
        }
    }

    fn finish(mut self: Box<Self>, broken_lines: u64) -> TestReport {
        for package in &self.printed_failures {
            if !self.indexes.contains_key(package) {
                self.tally.add(package, TestOutcome::Failed);
            }
        }
        for build in self.failed_builds.difference(&self.reported_builds.into_iter().collect()) {
            self.tally.add(build, TestOutcome::Failed);
        }
        let mut unfinished = 0;
        for (name, package) in &mut self.packages {
            let is_open = package.is_open;
            unfinished += u64::from(is_open);
            let mark = self.tally.mark();
            self.tally.add_counts(name, package.close(None));
            if is_open {
                self.tally.fail_since(mark, name);
            }
        }
        if unfinished > 0 {
            self.tally
                .remark(format!("{unfinished} package(s) have no end; the run was cut short, so tests may be missing"));
        }
        if broken_lines > 0 {
            self.tally.remark(format!("{broken_lines} line(s) are broken JSON and passed over"));
        }
        self.tally.finish(NAME)
    }
}

impl GoJson {
    /// The index of a package, and whether it is new.
    fn index_of(&mut self, package: &str) -> (usize, bool) {
        if let Some(index) = self.indexes.get(package) {
            return (*index, false);
        }
        self.indexes.insert(package.to_owned(), self.packages.len());
        self.packages.push((package.to_owned(), GoPackage::default()));
        (self.packages.len() - 1, true)
    }
}
