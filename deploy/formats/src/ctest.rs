//! CTest's `Test.xml`, as `ctest -T test` leaves it under `Testing/`. (`ctest --output-junit` writes JUnit XML.)

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct CTest {
    tally: Tally,
    has_testing: bool,
    is_execution_time: bool,
    /// Text of the value that is open, where it is an execution time.
    value: Option<String>,
}

impl Elements for CTest {
    fn open(&mut self, element: &Element, _: usize) {
        match &*element.name {
            "Testing" => self.has_testing = true,
            // The entries of `TestList` are `Test` too, without a status.
            "Test" => {
                if let Some(status) = element.attribute("Status") {
                    self.tally.add("", outcome(status));
                }
            }
            "NamedMeasurement" => self.is_execution_time = element.attribute("name") == Some("Execution Time"),
            "Value" if self.is_execution_time => self.value = Some(String::new()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, _: usize) {
        if let Some(value) = &mut self.value {
            value.push_str(text);
        }
    }

    fn close(&mut self, name: &str, _: usize) {
        if name == "Value" {
            if let Some(time) = self.value.take().as_deref().and_then(seconds) {
                self.tally.lasted(time);
            }
        } else if name == "NamedMeasurement" {
            self.is_execution_time = false;
        }
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        if !self.has_testing {
            // `Configure.xml`, `Build.xml`, `Coverage.xml` lie beside it.
            return Err(Refusal::NotAReport { found: "it is another of CTest's files, without <Testing>".into() });
        }
        Ok(self.tally.finish(Kind::CTest))
    }
}

fn outcome(status: &str) -> Outcome {
    match status.trim().to_ascii_lowercase().as_str() {
        "passed" => Outcome::Passed,
        "notrun" | "disabled" | "skipped" => Outcome::Skipped,
        _ => Outcome::Failed,
    }
}
