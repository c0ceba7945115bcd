//! The XML log of Check, a unit test library for C: `testsuites` in a namespace of its own, with `suite` and `test`.

use std::time::Duration;

use crate::{
    duration::parse_seconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat = XmlFormat {
    roots: &["testsuites"],
    start: |root| (root.namespace.as_deref() == Some(NAMESPACE)).then(|| Box::<Check>::default() as _),
};

const NAME: ReportFormat = ReportFormat::named("Check");
/// The namespace that distinguishes its root from the one of JUnit XML.
const NAMESPACE: &str = "http://check.sourceforge.net/ns";

#[derive(Debug, Default)]
struct Check {
    tally: Tally,
    /// The title of the open suite.
    suite: String,
    unknown_results: u64,
}

impl ElementSink for Check {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (depth, &*element.name) {
            (2, "suite") => self.suite.clear(),
            (3, "test") => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("success") => TestOutcome::Passed,
                    Some("failure" | "error") => TestOutcome::Failed,
                    _ => {
                        self.unknown_results += 1;
                        TestOutcome::Failed
                    }
                };
                self.tally.add(&self.suite, outcome);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        match (depth, name) {
            (3, "title") => text.trim().clone_into(&mut self.suite),
            (2, "duration") => self.tally.set_duration(parse_seconds(text).filter(|time| *time > Duration::ZERO)),
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if self.unknown_results > 0 {
            let tests = self.unknown_results;
            self.tally.remark(format!("{tests} test(s) with unknown results count as failed"));
        }
        Ok(self.tally.finish(NAME))
    }
}
