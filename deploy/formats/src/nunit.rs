//! NUnit 2's `test-results` and NUnit 3's `test-run`, and suites of either without a root around them.

use crate::{
    refusal::Refusal,
    report::{Kind, Report},
    tally::{Outcome, Tally, seconds},
    xml::{Element, Elements},
};

#[derive(Debug)]
pub(crate) struct NUnit {
    kind: Kind,
    tally: Tally,
    /// The suites around, outermost first; what is no fixture but a method has no name here.
    suites: Vec<(usize, Option<String>)>,
    case: Option<Case>,
}

#[derive(Debug)]
struct Case {
    depth: usize,
    /// What its attributes say.
    outcome: Option<Outcome>,
    is_failed: bool,
}

impl NUnit {
    pub(crate) fn new(root: &Element) -> Self {
        let is_old = root.name == "test-results" || root.attribute("executed").is_some();
        let kind = if is_old { Kind::NUnit2 } else { Kind::NUnit3 };
        Self { kind, tally: Tally::default(), suites: Vec::new(), case: None }
    }
}

impl Elements for NUnit {
    fn open(&mut self, element: &Element, depth: usize) {
        match &*element.name {
            _ if self.case.is_some() => {
                if let Some(case) = &mut self.case {
                    case.is_failed |= depth == case.depth + 1 && matches!(&*element.name, "failure" | "error");
                }
            }
            "test-case" => {
                self.case = Some(Case { depth, outcome: outcome(element), is_failed: false });
            }
            "test-suite" => {
                let kind = element.attribute("type").unwrap_or_default();
                let is_method =
                    matches!(kind, "ParameterizedMethod" | "ParameterizedTest" | "GenericMethod" | "Theory");
                let name = element.attribute("fullname").or(element.attribute("name")).filter(|_| !is_method);
                if self.suites.is_empty() && self.kind == Kind::NUnit2 {
                    self.tally.lasted_in_all(element.attribute("time").and_then(seconds));
                }
                self.suites.push((depth, name.map(str::to_owned)));
            }
            _ => {}
        }
        if depth == 1 {
            self.tally.lasted_in_all(element.attribute("duration").and_then(seconds));
        }
    }

    fn close(&mut self, _: &str, depth: usize) {
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            let by_children = if case.is_failed { Outcome::Failed } else { Outcome::Passed };
            let suite = self.suites.iter().rev().find_map(|(_, name)| name.as_deref()).unwrap_or_default();
            self.tally.add(suite, case.outcome.unwrap_or(by_children));
        }
        self.suites.pop_if(|(suite, _)| *suite == depth);
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        Ok(self.tally.finish(self.kind))
    }
}

/// NUnit before 2.5 has no `result`, only `executed` and `success`; a case that has neither tells by its children.
fn outcome(element: &Element) -> Option<Outcome> {
    let is = |name, value: &str| element.attribute(name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value));
    if is("executed", "false") {
        return Some(Outcome::Skipped);
    }
    match element.attribute("result").map(|result| result.split('(').next().unwrap_or_default().trim()) {
        Some("Failed" | "Failure" | "Error" | "Cancelled") => Some(Outcome::Failed),
        Some("Skipped" | "Ignored" | "Inconclusive" | "NotRunnable" | "NotRun" | "Explicit") => Some(Outcome::Skipped),
        // A warning is no failure to NUnit either.
        Some("Passed" | "Success" | "Warning") => Some(Outcome::Passed),
        _ if is("success", "false") => Some(Outcome::Failed),
        _ => None,
    }
}
