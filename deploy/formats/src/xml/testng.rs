//! TestNG's `testng-results.xml`. Each invocation of a test method counts: each row of a data provider, and each of an
//! `invocationCount`.
//!
//! An attempt that was retried does not count. A configuration method, such as `@BeforeMethod`, is not a test: a failed
//! one counts as one failure of its class, if no test in the class failed. A test method that failed within its success
//! percentage counts as failed, as in TestNG's own total and exit code.

use crate::{
    duration::from_milliseconds,
    refusal::ReportRefusal,
    report::{ReportFormat, TestReport},
    tally::{FailureMark, Tally, TestOutcome},
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat =
    XmlFormat { roots: &["testng-results"], start: |root| Some(Box::new(TestNg::new(root))) };

const NAME: ReportFormat = ReportFormat::named("TestNG");

#[derive(Debug, Default)]
struct TestNg {
    tally: Tally,
    class: Option<Class>,
    /// Whether the totals of the file contain failures.
    is_failed: bool,
    unknown_statuses: u64,
}

#[derive(Debug)]
struct Class {
    depth: usize,
    name: String,
    mark: FailureMark,
    /// Whether a configuration method of it failed.
    is_failed: bool,
}

impl TestNg {
    fn new(root: &XmlElement) -> Self {
        Self { is_failed: root.number("failed").is_some_and(|failed| failed > 0), ..Self::default() }
    }

    fn method(&mut self, method: &XmlElement) {
        let status = method.attribute("status").map(|status| status.trim().to_ascii_uppercase());
        if method.is("is-config", "true") {
            if let Some(class) = self.class.as_mut().filter(|_| status.as_deref() == Some("FAIL")) {
                class.is_failed = true;
            }
            return;
        }
        let outcome = match status.as_deref() {
            // An attempt before the last one has this attribute, and the status of a skipped test.
            Some("SKIP") if method.is("retried", "true") => return,
            Some("PASS") => TestOutcome::Passed,
            Some("SKIP") => TestOutcome::Skipped,
            Some("FAIL" | "SUCCESS_PERCENTAGE_FAILURE") => TestOutcome::Failed,
            _ => {
                self.unknown_statuses += 1;
                TestOutcome::Failed
            }
        };
        self.tally.add(self.class.as_ref().map_or("", |class| &class.name), outcome);
    }
}

impl ElementSink for TestNg {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match &*element.name {
            "suite" if depth == 2 => {
                let milliseconds = element.attribute("duration-ms").and_then(|time| time.trim().parse().ok());
                self.tally.add_duration(milliseconds.and_then(from_milliseconds));
            }
            "class" if self.class.is_none() => {
                let name = element.attribute("name").unwrap_or_default().to_owned();
                self.class = Some(Class { depth, name, mark: self.tally.mark(), is_failed: false });
            }
            "test-method" => self.method(element),
            _ => {}
        }
    }

    fn close(&mut self, _: &str, _: &str, depth: usize) {
        if let Some(class) = self.class.take_if(|class| class.depth == depth)
            && class.is_failed
        {
            self.tally.fail_since(class.mark, &class.name);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        if self.is_failed {
            self.tally.fail_file();
        }
        if self.unknown_statuses > 0 {
            let tests = self.unknown_statuses;
            self.tally.remark(format!("{tests} test(s) with unknown statuses count as failed"));
        }
        Ok(self.tally.finish(NAME))
    }
}
