//! CTRF, the Common Test Report Format. Its tests count; its summary does where no test is listed, and a summary with
//! failures of which no test tells is one failure.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    report::{Counts, Kind, Report},
    tally::{Mark, Outcome, Tally, milliseconds},
};

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

/// A text before version 1 of the format, a list of the suites around since.
#[derive(Deserialize)]
#[serde(untagged)]
enum Suite<'a> {
    Name(#[serde(borrow)] Cow<'a, str>),
    Names(Vec<String>),
}

pub(crate) fn read(text: &str) -> Result<Report, serde_json::Error> {
    let Results { summary, tests } = serde_json::from_str::<Document<'_>>(text)?.results;
    let mut tally = Tally::default();
    let mut unknown_statuses = 0_u64;
    for test in &tests {
        let outcome = match &*test.status {
            "passed" => Outcome::Passed,
            "failed" => Outcome::Failed,
            "skipped" | "pending" | "other" => Outcome::Skipped,
            _ => {
                unknown_statuses += 1;
                Outcome::Failed
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
    let summed = Counts { passed: summary.passed, failed: summary.failed, skipped };
    if tests.is_empty() {
        tally.add_all("", summed);
    } else if tally.counts() != summed {
        tally.remark("the summary differs from the tests that are listed; these count");
    }
    if summary.failed > 0 {
        tally.fail_since(Mark::default(), "");
    }
    if let (Some(start), Some(stop)) = (summary.start, summary.stop) {
        tally.lasted_in_all(milliseconds(stop - start));
    }
    Ok(tally.finish(Kind::Ctrf))
}
