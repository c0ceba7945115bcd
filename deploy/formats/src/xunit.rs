//! xUnit.net's own XML, versions 1 to 3, and what other tools write in its shape.

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct XUnit {
    tally: Tally,
    /// The collection or class around, for tests without a type.
    collection: String,
    is_in_errors: bool,
    errors: u64,
    unknown_results: u64,
}

impl Elements for XUnit {
    fn open(&mut self, element: &Element, _: usize) {
        match &*element.name {
            "assembly" => {
                if let Some(time) = element.attribute("time").and_then(seconds) {
                    self.tally.lasted(time);
                }
            }
            "collection" | "class" => {
                self.collection = element.attribute("name").unwrap_or_default().to_owned();
            }
            "errors" => self.is_in_errors = true,
            "error" if self.is_in_errors => self.errors += 1,
            "test" => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("Pass" | "Passed" | "Warn") => Outcome::Passed,
                    Some("Skip" | "Skipped" | "NotRun") => Outcome::Skipped,
                    Some("Fail" | "Failed" | "Error") => Outcome::Failed,
                    _ => {
                        self.unknown_results += 1;
                        Outcome::Failed
                    }
                };
                let class = element.attribute("type").filter(|class| !class.is_empty());
                self.tally.add(class.unwrap_or(&self.collection), outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: usize) {
        if name == "errors" {
            self.is_in_errors = false;
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if self.errors > 0 {
            let errors = self.errors;
            self.tally.remark(format!("{errors} error(s) happened outside every test, which no test counts"));
        }
        if self.unknown_results > 0 {
            let tests = self.unknown_results;
            self.tally.remark(format!("{tests} test(s) with unknown results count as failed"));
        }
        Ok(self.tally.finish(Kind::XUnitNet))
    }
}
