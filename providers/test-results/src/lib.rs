//! The test-results provider: accepts the reports of builds, and shows the newest one as a badge and as a redirect.

mod counts;
mod message;
mod report;
#[cfg(test)]
mod tests;

use badgesmith_provider::{Badge, Call, Failure, Provider, Query, Record, Step, is_web_address};

use crate::{counts::Counts, message::Wording};

badgesmith_provider::export!(TestResults, include_str!("../manifest.json"));

/// The collection of the records.
const COLLECTION: &str = "test-results";

struct TestResults;

impl Provider for TestResults {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let record = newest(call)?;
        let counts = Counts::of(&record).ok_or_else(Failure::invalid_response)?;
        Ok(Wording::of(call).badge(counts))
    }

    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        Ok(report::read(body, call.param("platform"), call.now)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let record = newest(call)?;
        let url = record.fields.get("url_html").and_then(|url| url.as_str()).filter(|url| is_web_address(url));
        // Older and imported records may have a text that is not a web address.
        Ok(url.ok_or_else(|| Failure::not_found("LINK_NOT_FOUND", "the newest result has no page"))?.to_owned())
    }
}

/// The newest record of the subject in the address.
fn newest(call: &Call) -> Result<Record, Step> {
    let records = call.records(Query::latest(COLLECTION, call))?;
    Ok(records.into_iter().next().ok_or_else(|| Failure::not_found("RESULT_NOT_FOUND", "no results"))?)
}
