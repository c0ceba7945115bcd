//! The test-results provider: accepts the reports of builds, and shows the newest result as a badge and as a redirect.
//! For all parts of a branch it shows their sum.

mod counts;
mod message;
mod report;
#[cfg(test)]
mod tests;

use badgesmith_provider::{
    Badge, Call, Failure, FoundParts, PartsQuery, Provider, Query, Record, ReportedCommit, Step,
};

use self::{counts::Counts, message::Wording};

/// The manifest of the provider.
pub const MANIFEST: &str = include_str!("../../test-results/manifest.json");

/// The collection of the records.
const COLLECTION: &str = "test-results";
/// The fields of the records that a badge of all parts reads.
const FIELDS: [&str; 4] = ["passed", "failed", "skipped", "url_html"];

/// The provider.
#[derive(Clone, Copy, Debug)]
pub struct TestResults;

impl Provider for TestResults {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let wording = Wording::of(call);
        if let Some(record) = latest(call)? {
            let counts = Counts::of(&record).ok_or_else(Failure::invalid_response)?;
            return Ok(wording.badge(counts));
        }
        let parts = parts(call)?;
        let commit = parts.commits().into_iter().next().ok_or_else(no_results)?;
        let counts = Counts::sum(&commit.records).ok_or_else(Failure::invalid_response)?;
        Ok(match commit.progress() {
            Some(progress) => message::unfinished(progress, counts),
            None => wording.badge(counts),
        })
    }

    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        Ok(report::read(body, call.param("platform"), call.now)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        match latest(call)? {
            Some(record) => Ok(page(&record)?),
            None => {
                let parts = parts(call)?;
                let commits = parts.commits();
                Ok(page(commits.first().and_then(ReportedCommit::newest).ok_or_else(no_results)?)?)
            }
        }
    }
}

/// The newest record of the subject in the address, if there is one.
fn latest(call: &Call) -> Result<Option<Record>, Step> {
    Ok(call.records(Query::latest(COLLECTION, call))?.into_iter().next())
}

/// The parts of the branch, if the address stands for all parts.
fn parts(call: &Call) -> Result<FoundParts, Step> {
    call.parts(PartsQuery::of_all(COLLECTION, call, &FIELDS).ok_or_else(no_results)?)
}

/// The page of a record.
fn page(record: &Record) -> Result<String, Failure> {
    let page = record.page().ok_or_else(|| Failure::not_found("LINK_NOT_FOUND", "the newest result has no page"))?;
    Ok(page.to_owned())
}

fn no_results() -> Failure {
    Failure::not_found("RESULT_NOT_FOUND", "no results")
}
