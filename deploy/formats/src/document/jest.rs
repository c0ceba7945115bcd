//! `jest --json`, and Vitest's JSON reporter, which writes the same document.
//!
//! A test file that failed although no test in it did, such as one that cannot be loaded or whose hook failed, is one
//! failure.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    document::format::DocumentFormat,
    duration::from_milliseconds,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[&["\"numTotalTests\""], &["\"numFailedTests\""]],
    is_format_of: |outline| outline.num_total_tests.is_present() && outline.test_results.is_list(),
    read,
};

const NAME: ReportFormat = ReportFormat::named("Jest JSON");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    success: Option<bool>,
    #[serde(default)]
    was_interrupted: bool,
    #[serde(default)]
    num_passed_tests: u64,
    #[serde(default)]
    num_failed_tests: u64,
    #[serde(default)]
    num_pending_tests: u64,
    #[serde(default)]
    num_todo_tests: u64,
    #[serde(borrow)]
    test_results: Vec<File<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    #[serde(borrow, default)]
    assertion_results: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Test<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let mut tally = Tally::default();
    for file in &document.test_results {
        let mark = tally.mark();
        for test in &file.assertion_results {
            let outcome = match &*test.status {
                "passed" => TestOutcome::Passed,
                "pending" | "skipped" | "todo" | "disabled" => TestOutcome::Skipped,
                _ => TestOutcome::Failed,
            };
            tally.add(&file.name, outcome);
        }
        if file.status.as_deref() == Some("failed") {
            tally.fail_since(mark, &file.name);
        }
        if let (Some(start), Some(end)) = (file.start_time, file.end_time) {
            tally.add_duration(from_milliseconds(end - start));
        }
    }
    if tally.counts().total() == 0 {
        let skipped = document.num_pending_tests.saturating_add(document.num_todo_tests);
        let Document { num_passed_tests: passed, num_failed_tests: failed, .. } = document;
        tally.add_counts("", TestCounts { passed, failed, skipped });
    }
    if document.success == Some(false) || document.was_interrupted || document.num_failed_tests > 0 {
        tally.fail_file();
    }
    if document.was_interrupted {
        tally.remark("the run was interrupted, so tests may be missing");
    }
    Ok(tally.finish(NAME))
}
