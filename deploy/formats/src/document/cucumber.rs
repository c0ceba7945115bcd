//! Cucumber's JSON report, as Cucumber for several languages, behave, godog, pytest-bdd and Karate write it: a list of
//! features.
//!
//! The steps of a background are either in each scenario or in an element before it. The results of such an element
//! count for the scenario. behave states the result of a scenario itself.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    cucumber::{JSON, ScenarioStatus, ScenarioTally},
    document::format::DocumentFormat,
    report::TestReport,
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"keyword\"", "\"elements\""]],
    is_format_of: |outline| {
        let features = &outline.items;
        features.is_list_with("keyword")
            && features.is_list_with("name")
            && (features.is_list_with("elements")
                || (features.is_list_with("location") && features.is_list_with("status")))
    },
    read,
};

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    uri: Option<Cow<'a, str>>,
    #[serde(default)]
    elements: Vec<Element>,
}

/// A scenario or a background. It is reduced to its result while it is read, so a long list takes little memory.
#[derive(Deserialize)]
#[serde(from = "WrittenElement")]
struct Element {
    is_background: bool,
    status: ScenarioStatus,
}

#[derive(Deserialize)]
struct WrittenElement<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    /// Written by behave.
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(default)]
    before: Vec<Step>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    after: Vec<Step>,
}

impl From<WrittenElement<'_>> for Element {
    fn from(written: WrittenElement<'_>) -> Self {
        let parts = written.before.iter().chain(&written.steps).chain(&written.after);
        let worst = parts.map(|step| step.0).max().unwrap_or_default();
        let status = written.status.map_or(worst, |status| ScenarioStatus::parse(&status));
        Self { is_background: written.kind.as_deref() == Some("background"), status }
    }
}

/// The result of a step or a hook, and of the hooks around a step.
#[derive(Deserialize)]
#[serde(from = "WrittenStep")]
struct Step(ScenarioStatus);

#[derive(Deserialize)]
struct WrittenStep<'a> {
    #[serde(borrow)]
    result: Option<StepResult<'a>>,
    #[serde(default)]
    before: Vec<Step>,
    #[serde(default)]
    after: Vec<Step>,
}

#[derive(Deserialize)]
struct StepResult<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

impl From<WrittenStep<'_>> for Step {
    fn from(written: WrittenStep<'_>) -> Self {
        let own = written.result.and_then(|result| result.status).map(|status| ScenarioStatus::parse(&status));
        let hooks = written.before.iter().chain(&written.after).map(|hook| hook.0);
        Self(hooks.chain(own).max().unwrap_or_default())
    }
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let features: Vec<Feature<'_>> = serde_json::from_str(text)?;
    let mut scenarios = ScenarioTally::of_run(false);
    for feature in &features {
        let name = feature.uri.as_deref().filter(|_| feature.name.is_empty()).unwrap_or(&feature.name);
        let mut background = ScenarioStatus::default();
        for element in &feature.elements {
            if element.is_background {
                background = element.status;
            } else {
                scenarios.add(name, element.status.max(background));
                background = ScenarioStatus::default();
            }
        }
        // A background that failed with no scenario after it.
        if background > ScenarioStatus::Skipped {
            scenarios.add(name, background);
        }
    }
    Ok(scenarios.finish().finish(JSON))
}
