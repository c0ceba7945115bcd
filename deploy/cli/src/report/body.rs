//! The body of a report: the counts of a run, and what was tested.

use std::time::Duration;

use badgesmith_formats::{TestCounts, TestSuite};
use serde::Serialize;

use super::{ci::BuildFacts, files::NamedReport};

/// The most suites that the server accepts.
const MOST_SUITES: usize = 100;

/// The body of a report, as the server reads it. Facts that are unknown are left out, which only happens in a dry run.
#[derive(Debug, Serialize)]
struct ReportBody<'a> {
    platform: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_attempt: Option<u32>,
    passed: u64,
    failed: u64,
    skipped: u64,
    total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_run_url: Option<&'a str>,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suites: Vec<SuiteCounts<'a>>,
}

#[derive(Debug, Serialize)]
struct SuiteCounts<'a> {
    name: &'a str,
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// The sum of all reports.
pub(super) fn sum(reports: &[NamedReport]) -> TestCounts {
    reports.iter().fold(TestCounts::default(), |mut sum, named| {
        sum += named.report.counts;
        sum
    })
}

/// The body as compact JSON: the bytes that are signed and sent.
///
/// # Errors
/// None in practice, because every value is a string or a number.
pub(super) fn write(
    platform: &str,
    facts: &BuildFacts,
    reports: &[NamedReport],
    timestamp: &str,
) -> serde_json::Result<Vec<u8>> {
    let counts = sum(reports);
    let mut suites: Vec<&TestSuite> = reports.iter().flat_map(|named| &named.report.suites).collect();
    // If there are too many, suites with failures take precedence.
    if suites.len() > MOST_SUITES {
        suites.sort_by_key(|suite| suite.counts.failed == 0);
        suites.truncate(MOST_SUITES);
    }
    let durations = reports.iter().filter_map(|named| named.report.duration);
    let duration = durations.reduce(Duration::saturating_add);
    let body = ReportBody {
        platform,
        commit: facts.commit.as_deref(),
        run_id: facts.run_id.as_deref(),
        run_attempt: facts.run_attempt,
        passed: counts.passed,
        failed: counts.failed,
        skipped: counts.skipped,
        total: counts.total(),
        url_html: facts.html_url.as_deref(),
        workflow_run_url: facts.run_url.as_deref(),
        timestamp,
        duration_ms: duration.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        suites: suites.into_iter().map(suite_counts).collect(),
    };
    serde_json::to_vec(&body)
}

fn suite_counts(suite: &TestSuite) -> SuiteCounts<'_> {
    let TestCounts { passed, failed, skipped } = suite.counts;
    SuiteCounts { name: &suite.name, passed, failed, skipped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_suites_those_with_failures_are_sent() {
        let xml: String = (0..150)
            .map(|number| {
                let failure = if number == 140 { "<failure/>" } else { "" };
                format!("<testsuite name='s{number}'><testcase>{failure}</testcase></testsuite>")
            })
            .collect();
        let report = badgesmith_formats::read(format!("<testsuites>{xml}</testsuites>").as_bytes()).unwrap();
        let reports = [NamedReport { file: "a.xml".into(), report }];
        let body = write("linux", &BuildFacts::default(), &reports, "2026-01-02T03:04:05Z").unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["suites"].as_array().map(Vec::len), Some(100));
        assert_eq!(body["suites"][0]["name"], "s140");
        assert_eq!((&body["suites"][1]["name"], &body["total"]), (&"s0".into(), &150.into()));
    }
}
