//! The coverage provider: accepts the coverage that builds report, and shows the newest one as a badge and as a redirect.

mod message;
mod report;
mod share;
#[cfg(test)]
mod tests;

use badgesmith_provider::{Badge, Call, Failure, Provider, Query, Record, Step, fold, is_web_address};

use crate::{message::Wording, share::Share};

badgesmith_provider::export!(Coverage, include_str!("../manifest.json"));

/// The collection of the records.
const COLLECTION: &str = "coverage";

struct Coverage;

impl Provider for Coverage {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let wording = Wording::of(call)?;
        let record = newest(call)?;
        let share = wording.share(&record)?;
        let other = match wording.diff {
            Some(branch) => before(call, branch)?.and_then(|record| Share::of(&record, wording.of)),
            None => None,
        };
        Ok(wording.badge(share, other))
    }

    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        Ok(report::read(body, call.param("platform"), call.now)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let record = newest(call)?;
        let url = record.fields.get("url_html").and_then(|url| url.as_str()).filter(|url| is_web_address(url));
        Ok(url.ok_or_else(|| Failure::not_found("LINK_NOT_FOUND", "the newest report has no page"))?.to_owned())
    }
}

/// The newest record of the subject in the address.
fn newest(call: &Call) -> Result<Record, Step> {
    let records = call.records(Query::latest(COLLECTION, call))?;
    Ok(records.into_iter().next().ok_or_else(|| Failure::not_found("RESULT_NOT_FOUND", "no results"))?)
}

/// The newest record of another branch, or the one before the newest of this branch.
fn before(call: &Call, branch: &str) -> Result<Option<Record>, Step> {
    let is_same = fold(branch) == fold(call.param("branch"));
    let query = Query { branch: branch.to_owned(), ..Query::latest(COLLECTION, call) };
    let records = call.records(query.last(if is_same { 2 } else { 1 }))?;
    Ok(records.into_iter().nth(usize::from(is_same)))
}
