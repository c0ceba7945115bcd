//! CTest's `Test.xml`, which `ctest -T test` writes under `Testing/`. (`ctest --output-junit` writes JUnit XML.)
//!
//! A test that did not run failed, as CTest itself counts it, unless it was disabled or asked to be skipped.

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat { roots: &["Site"], start: |_| Some(Box::<CTest>::default()) };

const NAME: ReportFormat = ReportFormat::named("CTest");

#[derive(Debug, Default)]
struct CTest {
    tally: Tally,
    has_testing: bool,
    /// The number of tests in the list of tests to run.
    listed: u64,
    /// The number of tests with a result.
    ended: u64,
    /// Whether the list of tests to run is open.
    is_in_list: bool,
    test: Option<Test>,
    measurement: Measurement,
}

/// The open test.
#[derive(Debug, Default)]
struct Test {
    depth: usize,
    /// The status in lower case.
    status: String,
    /// Why the test did not run, in CTest's words. Versions before 3.5 do not state it.
    completion: Option<String>,
    has_command: bool,
}

/// The kind of the open measurement.
#[derive(Clone, Copy, Debug, Default)]
enum Measurement {
    Time,
    Completion,
    #[default]
    Other,
}

impl ElementSink for CTest {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match &*element.name {
            "Testing" => self.has_testing = true,
            "TestList" => self.is_in_list = true,
            "Test" if self.is_in_list => self.listed += 1,
            "Test" => {
                if let Some(status) = element.attribute("Status") {
                    let status = status.trim().to_ascii_lowercase();
                    self.test = Some(Test { depth, status, ..Test::default() });
                }
            }
            "NamedMeasurement" => {
                self.measurement = match element.attribute("name") {
                    Some("Execution Time") => Measurement::Time,
                    Some("Completion Status") => Measurement::Completion,
                    _ => Measurement::Other,
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        match (name, self.measurement, &mut self.test) {
            ("TestList", ..) => self.is_in_list = false,
            ("NamedMeasurement", ..) => self.measurement = Measurement::Other,
            ("Value", Measurement::Time, _) => self.tally.add_duration(parse_seconds(text)),
            ("Value", Measurement::Completion, Some(test)) => test.completion = Some(text.trim().to_owned()),
            ("FullCommandLine", _, Some(test)) => test.has_command = !text.trim().is_empty(),
            ("Test", ..) => {
                if let Some(test) = self.test.take_if(|test| test.depth == depth) {
                    self.ended += 1;
                    self.tally.add("", test.outcome());
                }
            }
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if !self.has_testing {
            // `Configure.xml`, `Build.xml` and `Coverage.xml` are in the same directory and have the same root.
            return Err(ReportRefusal::NotAReport {
                found: "it is another of CTest's files, without <Testing>".into(),
            });
        }
        if self.ended < self.listed {
            let (listed, ended) = (self.listed, self.ended);
            self.tally.remark(format!("{listed} tests were to run and {ended} have a result; the run was cut short"));
            self.tally.fail_file();
        }
        Ok(self.tally.finish(NAME))
    }
}

impl Test {
    fn outcome(&self) -> TestOutcome {
        match &*self.status {
            "passed" => TestOutcome::Passed,
            "disabled" | "skipped" => TestOutcome::Skipped,
            "notrun" if self.is_skipped_on_purpose() => TestOutcome::Skipped,
            _ => TestOutcome::Failed,
        }
    }

    fn is_skipped_on_purpose(&self) -> bool {
        match self.completion.as_deref() {
            Some(reason) => reason == "Disabled" || reason == "Skipped" || reason.starts_with("SKIP_"),
            // Old versions state no reason. In their files a test that skipped itself by its exit code has a command
            // line, and a test whose program is missing has none.
            None => self.has_command,
        }
    }
}
