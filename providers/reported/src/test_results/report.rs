//! Validates the body of a report and makes a record from it. The failure names all invalid fields at once.

use badgesmith_provider::{
    Failure, Record,
    report_body::{LONGEST_TEXT, ReportBody, count},
};
use serde_json::{Value, json};

/// The largest number of suites in a report.
const MOST_SUITES: usize = 100;
/// The code of the failure.
const CODE: &str = "INVALID_TEST_PAYLOAD";

/// The record of a body. Its platform must be the one in the address; `now` is in seconds since 1970, UTC.
///
/// # Errors
/// `INVALID_TEST_PAYLOAD`, with the names of all invalid fields.
pub(crate) fn read(body: &[u8], platform: &str, now: u64) -> Result<Record, Failure> {
    let value = ReportBody::parse(body, CODE)?;
    let mut report = ReportBody::new(&value, CODE)?;
    let named = report.platform(platform);
    let counts = ["passed", "failed", "skipped", "total"].map(|name| report.count(name));
    if let [Some(passed), Some(failed), Some(skipped), Some(total)] = counts
        && passed + failed + skipped != total
    {
        report.fault("total", format!("must be passed + failed + skipped, {}", passed + failed + skipped));
    }
    let run = report.run(named, now);
    let suites = suites(&mut report);
    report.finish()?;
    let [passed, failed, skipped, total] = counts.map(|count| count.unwrap_or_default().into());
    let numbers = [("passed", passed), ("failed", failed), ("skipped", skipped), ("total", total)];
    let run = run.ok_or_else(Failure::invalid_response)?;
    Ok(run.record(numbers.into_iter().chain(suites.map(|suites| ("suites", suites)))))
}

/// The name and the counts of each suite; other fields are dropped.
fn suites(report: &mut ReportBody<'_>) -> Option<Value> {
    let value = report.get("suites")?;
    let read = |suite: &Value| {
        let name = suite.get("name")?.as_str().filter(|name| name.len() <= LONGEST_TEXT)?;
        let [passed, failed, skipped] = ["passed", "failed", "skipped"]
            .map(|name| suite.get(name).filter(|value| !value.is_null()).map_or(Some(0), count));
        Some(json!({ "name": name, "passed": passed?, "failed": failed?, "skipped": skipped? }))
    };
    let suites = value.as_array().filter(|suites| suites.len() <= MOST_SUITES);
    let suites: Option<Vec<_>> = suites.and_then(|suites| suites.iter().map(read).collect());
    if suites.is_none() {
        report.fault("suites", format!("must be at most {MOST_SUITES} of {{name, passed, failed, skipped}}"));
    }
    suites.map(Value::from)
}
