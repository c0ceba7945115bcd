//! `rspec --format json`. Each error outside all examples, such as a file that cannot be loaded, counts as a failure.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    document::format::DocumentFormat,
    duration::from_seconds,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"examples\"", "\"status\""], &["\"examples\"", "\"full_description\""]],
    is_format_of: |outline| {
        outline.examples.is_list_of("status")
            && (outline.summary.has("example_count") || outline.summary_line.is_present())
    },
    read,
};

const NAME: ReportFormat = ReportFormat::named("RSpec JSON");

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

fn read(text: &str) -> serde_json::Result<TestReport> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    for example in &document.examples {
        let outcome = match &*example.status {
            "passed" => TestOutcome::Passed,
            "pending" => TestOutcome::Skipped,
            _ => TestOutcome::Failed,
        };
        tally.add(example.file_path.as_deref().unwrap_or_default(), outcome);
    }
    if let Some(summary) = document.summary {
        tally.set_duration(summary.duration.and_then(from_seconds));
        let errors = summary.errors_outside_of_examples_count;
        if errors > 0 {
            tally.add_counts("", TestCounts { failed: errors, ..TestCounts::default() });
            tally.remark(format!("{errors} error(s) outside of examples count as failed"));
        }
        if summary.failure_count > 0 {
            tally.fail_file();
        }
    }
    Ok(tally.finish(NAME))
}
