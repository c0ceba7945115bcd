//! xUnit.net's XML, versions 1 to 3, and what other tools write in the same format.
//!
//! An assembly with an error outside its tests, such as in the clean-up of a fixture, is one failure if no test in it
//! failed.

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    roots: &["assemblies", "assembly"],
    // A root with a namespace is a Windows application manifest or a Maven assembly descriptor.
    start: |root| root.namespace.is_none().then(|| Box::<XUnit>::default() as _),
};

const NAME: ReportFormat = ReportFormat::named("xUnit.net");

#[derive(Debug, Default)]
struct XUnit {
    tally: Tally,
    /// The name of the open collection or class, for tests without a type.
    collection: String,
    assembly: Option<Assembly>,
    is_in_errors: bool,
    unknown_results: u64,
    /// Whether the file has any element of an assembly's results.
    is_xunit: bool,
    /// Whether the file is an `<assemblies>` without content, which is a run without tests.
    is_empty_run: bool,
}

#[derive(Debug)]
struct Assembly {
    name: String,
    mark: FailureMark,
    is_failed: bool,
}

impl ElementSink for XUnit {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        self.is_empty_run = depth == 1 && element.name == "assemblies";
        match &*element.name {
            "assembly" => {
                let totals = ["failed", "errors"];
                let is_failed = totals.iter().any(|total| element.number(total).is_some_and(|number| number > 0));
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.assembly = Some(Assembly { name, mark: self.tally.mark(), is_failed });
                let results = ["total", "passed", "failed", "run-date", "test-framework", "time"];
                self.is_xunit |= results.iter().any(|name| element.attribute(name).is_some());
                self.tally.add_duration(element.attribute("time").and_then(parse_seconds));
            }
            "collection" | "class" => {
                self.is_xunit = true;
                self.collection = element.attribute("name").unwrap_or_default().to_owned();
            }
            "errors" => self.is_in_errors = true,
            "error" if self.is_in_errors => match &mut self.assembly {
                Some(assembly) => assembly.is_failed = true,
                // Errors outside of all assemblies are separate from the failures of tests.
                None => self.tally.fail_since(self.tally.mark(), ""),
            },
            "test" => {
                self.is_xunit = true;
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("Pass" | "Passed" | "Warn") => TestOutcome::Passed,
                    Some("Skip" | "Skipped" | "NotRun") => TestOutcome::Skipped,
                    Some("Fail" | "Failed" | "Error") => TestOutcome::Failed,
                    _ => {
                        self.unknown_results += 1;
                        TestOutcome::Failed
                    }
                };
                let class = element.attribute("type").filter(|class| !class.is_empty());
                self.tally.add(class.unwrap_or(&self.collection), outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _: &str, _: usize) {
        if name == "errors" {
            self.is_in_errors = false;
        } else if name == "assembly"
            && let Some(assembly) = self.assembly.take()
            && assembly.is_failed
        {
            self.tally.fail_since(assembly.mark, &assembly.name);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if !self.is_xunit && !self.is_empty_run {
            let found = "it is XML whose root is called as in xUnit.net's, without results".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        if self.unknown_results > 0 {
            let tests = self.unknown_results;
            self.tally.remark(format!("{tests} test(s) with unknown results count as failed"));
        }
        Ok(self.tally.finish(NAME))
    }
}
