//! xUnit.net's own XML, versions 1 to 3, and what other tools write in its shape.
//!
//! An assembly with an error outside every test, as of a fixture's clean-up, is one failure where no test in it failed.

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Mark, Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug, Default)]
pub(crate) struct XUnit {
    tally: Tally,
    /// The collection or class around, for tests without a type.
    collection: String,
    /// The assembly around: its name, where it begins, and whether it says that something failed.
    assembly: Option<(String, Mark, bool)>,
    is_in_errors: bool,
    unknown_results: u64,
    /// Whether the file has anything of an assembly's results.
    is_xunit: bool,
    /// `<assemblies>` with nothing in it: a run without tests.
    is_empty_run: bool,
}

impl Elements for XUnit {
    fn open(&mut self, element: &Element, depth: usize) {
        self.is_empty_run = depth == 1 && element.name == "assemblies";
        match &*element.name {
            "assembly" => {
                let failed = ["failed", "errors"];
                let is_failed = failed.iter().any(|sum| element.number(sum).is_some_and(|number| number > 0));
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.assembly = Some((name, self.tally.mark(), is_failed));
                let results = ["total", "passed", "failed", "run-date", "test-framework", "time"];
                self.is_xunit |= results.iter().any(|name| element.attribute(name).is_some());
                if let Some(time) = element.attribute("time").and_then(seconds) {
                    self.tally.lasted(time);
                }
            }
            "collection" | "class" => {
                self.is_xunit = true;
                self.collection = element.attribute("name").unwrap_or_default().to_owned();
            }
            "errors" => self.is_in_errors = true,
            "error" if self.is_in_errors => match &mut self.assembly {
                Some((_, _, is_failed)) => *is_failed = true,
                // Beside the assemblies, where nothing else could fail.
                None => self.tally.fail_since(self.tally.mark(), ""),
            },
            "test" => {
                self.is_xunit = true;
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
        } else if name == "assembly"
            && let Some((name, mark, true)) = self.assembly.take()
        {
            self.tally.fail_since(mark, &name);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if !self.is_xunit && !self.is_empty_run {
            let found = "it is XML whose root is called as in xUnit.net's, without results".into();
            return Err(Refusal::NotAReport { found });
        }
        if self.unknown_results > 0 {
            let tests = self.unknown_results;
            self.tally.remark(format!("{tests} test(s) with unknown results count as failed"));
        }
        Ok(self.tally.finish(Kind::XUnitNet))
    }
}
