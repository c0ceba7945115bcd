//! CTRF, the Common Test Report Format.
//!
//! The listed tests count; the summary counts only if no test is listed. A summary with failures, although no listed
//! test failed, is one failure.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    document::format::DocumentFormat,
    duration::from_milliseconds,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

pub(super) const FORMAT: DocumentFormat = DocumentFormat {
    marks: &[
        &["\"results\"", "\"tests\"", "\"status\""],
        &["\"results\"", "\"summary\"", "\"passed\""],
        &["\"reportFormat\"", "\"CTRF\""],
    ],
    is_format_of: |outline| {
        outline.results.has("summary") && (outline.results.has("tests") || outline.results.has("tool"))
    },
    read,
};

const NAME: ReportFormat = ReportFormat::named("CTRF");

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    results: Results<'a>,
}

#[derive(Deserialize)]
struct Results<'a> {
    summary: Summary,
    #[serde(borrow, default)]
    tests: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    passed: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    pending: u64,
    #[serde(default)]
    skipped: u64,
    #[serde(default)]
    other: u64,
    start: Option<f64>,
    stop: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    suite: Option<Suite<'a>>,
    #[serde(borrow)]
    file_path: Option<Cow<'a, str>>,
}

/// A text before version 1 of the format; since version 1 the list of nested suites, outermost first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Suite<'a> {
    Name(#[serde(borrow)] Cow<'a, str>),
    Names(Vec<String>),
}

fn read(text: &str) -> serde_json::Result<TestReport> {
    let Results { summary, tests } = serde_json::from_str::<Document<'_>>(text)?.results;
    let mut tally = Tally::default();
    let mut unknown_statuses = 0_u64;
    for test in &tests {
        let outcome = match &*test.status {
            "passed" => TestOutcome::Passed,
            "failed" => TestOutcome::Failed,
            "skipped" | "pending" | "other" => TestOutcome::Skipped,
            _ => {
                unknown_statuses += 1;
                TestOutcome::Failed
            }
        };
        let suite = match (&test.suite, &test.file_path) {
            (Some(Suite::Name(name)), _) => name.to_string(),
            (Some(Suite::Names(names)), _) => names.join(" > "),
            (None, Some(path)) => path.to_string(),
            (None, None) => String::new(),
        };
        tally.add(&suite, outcome);
    }
    if unknown_statuses > 0 {
        tally.remark(format!("{unknown_statuses} test(s) with unknown statuses count as failed"));
    }
    let skipped = summary.pending.saturating_add(summary.skipped).saturating_add(summary.other);
    let totals = TestCounts { passed: summary.passed, failed: summary.failed, skipped };
    if tests.is_empty() {
        tally.add_counts("", totals);
    } else if tally.counts() != totals {
        tally.remark("the summary differs from the tests that are listed; these count");
    }
    if summary.failed > 0 {
        tally.fail_file();
    }
    if let (Some(start), Some(stop)) = (summary.start, summary.stop) {
        tally.set_duration(from_milliseconds(stop - start));
    }
    Ok(tally.finish(NAME))
}
