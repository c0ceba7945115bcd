//! `rspec --format json`. An error outside every example, such as a file that does not load, counts as a failure.

use std::{borrow::Cow, time::Duration};

use serde::Deserialize;

use crate::{
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally},
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    examples: Vec<Example<'a>>,
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Example<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    file_path: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Summary {
    duration: Option<f64>,
    #[serde(default)]
    failure_count: u64,
    #[serde(default)]
    errors_outside_of_examples_count: u64,
}

pub(crate) fn read(text: &str) -> Result<Report, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    for example in &document.examples {
        let outcome = match &*example.status {
            "passed" => Outcome::Passed,
            "pending" => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        tally.add(example.file_path.as_deref().unwrap_or_default(), outcome);
    }
    if let Some(summary) = document.summary {
        tally.lasted_in_all(summary.duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()));
        let errors = summary.errors_outside_of_examples_count;
        if errors > 0 {
            tally.add_all("", Counts { failed: errors, ..Counts::default() });
            tally.remark(format!("{errors} error(s) outside of examples count as failed"));
        }
        if summary.failure_count > 0 {
            tally.fail_since(Mark::default(), "");
        }
    }
    Ok(tally.finish(Kind::RspecJson))
}
