//! The body of a report of tests: the counts of a run, and the facts of the build.

use std::time::Duration;

use badgesmith_formats::{TestCounts, TestSuite};
use serde::Serialize;

use super::{build::BuildBody, ci::BuildFacts, files::NamedReport};

/// The most suites that the server accepts.
const MOST_SUITES: usize = 100;

/// The body of a report, as the server reads it.
#[derive(Debug, Serialize)]
struct TestBody<'a> {
    #[serde(flatten)]
    build: BuildBody<'a, Counts>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suites: Vec<SuiteCounts<'a>>,
}

#[derive(Debug, Serialize)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
    total: u64,
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
    let total = counts.total();
    let TestCounts { passed, failed, skipped } = counts;
    let build = BuildBody::new(platform, facts, timestamp, Counts { passed, failed, skipped, total });
    let body = TestBody {
        build: build.with_duration(durations.reduce(Duration::saturating_add)),
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
