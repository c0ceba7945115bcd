//! The XML log of Check, a library for tests in C: `testsuites` in a namespace of its own, with `suite` and `test`.

use std::time::Duration;

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

/// The namespace of its elements.
pub(crate) const NAMESPACE: &str = "http://check.sourceforge.net/ns";

#[derive(Debug, Default)]
pub(crate) struct Check {
    tally: Tally,
    /// The title of the suite that is open.
    suite: String,
    /// Text of the title or of the whole run's time, while it is open.
    text: Option<String>,
    unknown_results: u64,
}

impl Elements for Check {
    fn open(&mut self, element: &Element, depth: usize) {
        match (depth, &*element.name) {
            (2, "suite") => self.suite.clear(),
            (3, "title") | (2, "duration") => self.text = Some(String::new()),
            (3, "test") => {
                let outcome = match element.attribute("result").map(str::trim) {
                    Some("success") => Outcome::Passed,
                    Some("failure" | "error") => Outcome::Failed,
                    _ => {
                        self.unknown_results += 1;
                        Outcome::Failed
                    }
                };
                self.tally.add(&self.suite, outcome);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, _: usize) {
        if let Some(open) = &mut self.text {
            open.push_str(text);
        }
    }

    fn close(&mut self, name: &str, _: usize) {
        let Some(text) = self.text.take() else { return };
        if name == "title" {
            text.trim().clone_into(&mut self.suite);
        } else {
            self.tally.lasted_in_all(seconds(&text).filter(|time| *time > Duration::ZERO));
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Report, Refusal> {
        if self.unknown_results > 0 {
            let tests = self.unknown_results;
            self.tally.remark(format!("{tests} test(s) with unknown results count as failed"));
        }
        Ok(self.tally.finish(Kind::Check))
    }
}
