//! CTest's `Test.xml`, as `ctest -T test` leaves it under `Testing/`. (`ctest --output-junit` writes JUnit XML.)
//!
//! A test that did not run failed, as CTest itself counts it, unless it was disabled or asked to be skipped.

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Mark, Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct CTest {
    tally: Tally,
    has_testing: bool,
    /// The tests that were to run, and those that have a result.
    listed: u64,
    ended: u64,
    /// The list of tests that were to run is open.
    is_in_list: bool,
    /// The test that is open: its depth, its status and what is known of a test that did not run.
    test: Option<(usize, String, Completion)>,
    measurement: Measurement,
    /// Text of the value that is open, where it is wanted.
    value: Option<String>,
}

/// Why a test did not run.
#[derive(Debug, Default)]
struct Completion {
    /// CTest's own words for it; those before version 3.5 have none.
    words: Option<String>,
    has_command: bool,
}

/// What the measurement that is open measures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Measurement {
    Time,
    Completion,
    #[default]
    Other,
}

impl Elements for CTest {
    fn open(&mut self, element: &Element, depth: usize) {
        match &*element.name {
            "Testing" => self.has_testing = true,
            "TestList" => self.is_in_list = true,
            "Test" if self.is_in_list => self.listed += 1,
            "Test" => {
                if let Some(status) = element.attribute("Status") {
                    self.test = Some((depth, status.trim().to_ascii_lowercase(), Completion::default()));
                }
            }
            "NamedMeasurement" => {
                self.measurement = match element.attribute("name") {
                    Some("Execution Time") => Measurement::Time,
                    Some("Completion Status") => Measurement::Completion,
                    _ => Measurement::Other,
                }
            }
            "Value" if self.measurement != Measurement::Other => self.value = Some(String::new()),
            "FullCommandLine" => self.value = Some(String::new()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, _: usize) {
        if let Some(value) = &mut self.value {
            value.push_str(text);
        }
    }

    fn close(&mut self, name: &str, depth: usize) {
        match name {
            "TestList" => self.is_in_list = false,
            "NamedMeasurement" => self.measurement = Measurement::Other,
            "FullCommandLine" => {
                let has_command = self.value.take().is_some_and(|command| !command.trim().is_empty());
                if let Some((_, _, completion)) = &mut self.test {
                    completion.has_command = has_command;
                }
            }
            "Value" => self.close_value(),
            "Test" => {
                if let Some((_, status, completion)) = self.test.take_if(|(test, _, _)| *test == depth) {
                    self.ended += 1;
                    self.tally.add("", outcome(&status, &completion));
                }
            }
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if !self.has_testing {
            // `Configure.xml`, `Build.xml`, `Coverage.xml` lie beside it.
            return Err(Refusal::NotAReport { found: "it is another of CTest's files, without <Testing>".into() });
        }
        if self.ended < self.listed {
            let (listed, ended) = (self.listed, self.ended);
            self.tally.remark(format!("{listed} tests were to run and {ended} have a result; the run was cut short"));
            self.tally.fail_since(Mark::default(), "");
        }
        Ok(self.tally.finish(Kind::CTest))
    }
}

impl CTest {
    fn close_value(&mut self) {
        let Some(value) = self.value.take() else { return };
        match (self.measurement, &mut self.test) {
            (Measurement::Time, _) => {
                if let Some(time) = seconds(&value) {
                    self.tally.lasted(time);
                }
            }
            (Measurement::Completion, Some((_, _, completion))) => completion.words = Some(value.trim().to_owned()),
            _ => {}
        }
    }
}

fn outcome(status: &str, completion: &Completion) -> Outcome {
    let is_wanted = match completion.words.as_deref() {
        Some(words) => words == "Disabled" || words == "Skipped" || words.starts_with("SKIP_"),
        // Old versions name no reason. A test whose program is missing has no command line there, one that ran and said
        // by its exit code that it skips itself has one.
        None => completion.has_command,
    };
    match status {
        "passed" => Outcome::Passed,
        "disabled" | "skipped" => Outcome::Skipped,
        "notrun" if is_wanted => Outcome::Skipped,
        _ => Outcome::Failed,
    }
}
