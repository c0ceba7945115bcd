//! The values provider: accepts any number or word that builds report, and shows the newest value as a badge and as a
//! redirect.

mod decimals;
mod kind;
mod message;
mod report;
mod scale;
mod stored;
#[cfg(test)]
mod tests;
mod unit;

use badgesmith_provider::{Badge, Call, Failure, Provider, Query, Record, Step};

use self::stored::StoredValue;

/// The manifest of the provider.
pub const MANIFEST: &str = include_str!("../../values/manifest.json");

/// The collection of the records.
const COLLECTION: &str = "values";

/// The provider.
#[derive(Clone, Copy, Debug)]
pub struct Values;

impl Provider for Values {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let record = newest(call)?;
        let stored = StoredValue::of(&record).ok_or_else(Failure::invalid_response)?;
        Ok(message::badge(call, &stored)?)
    }

    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        Ok(report::read(body, call.param("platform"), call.now)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let record = newest(call)?;
        let page =
            record.page().ok_or_else(|| Failure::not_found("LINK_NOT_FOUND", "the newest report has no page"))?;
        Ok(page.to_owned())
    }
}

/// The newest record of the subject in the address.
fn newest(call: &Call) -> Result<Record, Step> {
    let records = call.records(Query::latest(COLLECTION, call))?;
    Ok(records.into_iter().next().ok_or_else(|| Failure::not_found("RESULT_NOT_FOUND", "no results"))?)
}
