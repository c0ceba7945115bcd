//! Validates the body of a report and makes a record from it. The failure names all invalid fields at once.

use badgesmith_provider::{
    Failure, Record,
    report_body::{ReportBody, count},
};
use serde_json::{Value, json};

use super::share::Share;

/// The code of the failure.
const CODE: &str = "INVALID_COVERAGE_PAYLOAD";
/// The kinds of code that are counted.
const PARTS: [&str; 3] = ["lines", "branches", "functions"];

/// The record of a body. Its platform must be the one in the address; `now` is in seconds since 1970, UTC. The record
/// also contains the percentage of covered lines, which charts draw.
///
/// # Errors
/// `INVALID_COVERAGE_PAYLOAD`, with the names of all invalid fields.
pub(crate) fn read(body: &[u8], platform: &str, now: u64) -> Result<Record, Failure> {
    let value = ReportBody::parse(body, CODE)?;
    let mut report = ReportBody::new(&value, CODE)?;
    let named = report.platform(platform);
    let counts = PARTS.map(|name| counts(&mut report, name));
    let run = report.run(named, now);
    report.finish()?;
    let [lines, ..] = counts;
    let percent = lines.and_then(|[covered, total]| Share::new(covered, total)).map(|share| {
        // Two decimals, as many as a badge shows.
        ("percent", Value::from((share.percent() * 100.0).floor() / 100.0))
    });
    let numbers = PARTS.into_iter().zip(counts).filter_map(|(name, counts)| {
        counts.map(|[covered, total]| (name, json!({ "covered": covered, "total": total })))
    });
    Ok(run.ok_or_else(Failure::invalid_response)?.record(numbers.chain(percent)))
}

/// The number of covered ones and the total.
fn counts(report: &mut ReportBody<'_>, name: &'static str) -> Option<[u64; 2]> {
    let value = report.get(name);
    if value.is_none() && name != "lines" {
        return None;
    }
    let part = |part| value.and_then(|value| value.get(part)).and_then(count);
    let counts = part("covered").zip(part("total")).filter(|(covered, total)| covered <= total);
    if counts.is_none() {
        report.fault(name, "must be {covered, total}, integers of at least 0, covered at most total");
    }
    counts.map(<[u64; 2]>::from)
}
