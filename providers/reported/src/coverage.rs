//! The coverage provider: accepts the coverage that builds report, and shows the newest coverage as a badge and as a
//! redirect. For all parts of a branch it shows their sum.

mod message;
mod report;
mod share;
#[cfg(test)]
mod tests;

use badgesmith_provider::{
    Badge, Call, Failure, FoundParts, PartsQuery, Provider, Query, Record, ReportedCommit, Step, fold,
};

use self::{message::Wording, share::Share};

/// The manifest of the provider.
pub const MANIFEST: &str = include_str!("../../coverage/manifest.json");

/// The collection of the records.
const COLLECTION: &str = "coverage";
/// The fields of the records that a badge of all parts reads.
const FIELDS: [&str; 4] = ["lines", "branches", "functions", "url_html"];

/// The provider.
#[derive(Clone, Copy, Debug)]
pub struct Coverage;

impl Provider for Coverage {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let wording = Wording::of(call)?;
        let branch = call.param("branch");
        let Some(record) = newest(call, branch)? else { return badge_of_parts(call, &wording) };
        let share = wording.share(&[&record])?;
        let other = match wording.diff {
            Some(diff) if fold(diff) == fold(branch) => {
                before(call)?.and_then(|record| Share::sum(&[&record], wording.of))
            }
            Some(diff) => whole(call, diff, wording.of)?,
            None => None,
        };
        Ok(wording.badge(share, other))
    }

    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        Ok(report::read(body, call.param("platform"), call.now)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let branch = call.param("branch");
        match newest(call, branch)? {
            Some(record) => Ok(page(&record)?),
            None => {
                let parts = parts(call, branch)?.ok_or_else(no_results)?;
                let commits = parts.commits();
                Ok(page(commits.first().and_then(ReportedCommit::newest).ok_or_else(no_results)?)?)
            }
        }
    }
}

/// The badge of the newest commit of all parts, with the difference to the commit before it or to another branch.
fn badge_of_parts(call: &Call, wording: &Wording<'_>) -> Result<Badge, Step> {
    let branch = call.param("branch");
    let parts = parts(call, branch)?.ok_or_else(no_results)?;
    let commits = parts.commits();
    let (commit, before) = commits.split_first().ok_or_else(no_results)?;
    if let Some(progress) = commit.progress() {
        return Ok(Badge::new(progress).color("lightgrey"));
    }
    let share = wording.share(&commit.records)?;
    let other = match wording.diff {
        Some(diff) if fold(diff) == fold(branch) => share_of_whole(before, wording.of),
        Some(diff) => whole(call, diff, wording.of)?,
        None => None,
    };
    Ok(wording.badge(share, other))
}

/// The newest share on another branch: of the part in the address, or of the last commit that all parts reported.
fn whole(call: &Call, branch: &str, of: &str) -> Result<Option<Share>, Step> {
    if let Some(record) = newest(call, branch)? {
        return Ok(Share::sum(&[&record], of));
    }
    Ok(parts(call, branch)?.and_then(|parts| share_of_whole(&parts.commits(), of)))
}

/// The share of the first of these commits that all parts reported.
fn share_of_whole(commits: &[ReportedCommit<'_>], of: &str) -> Option<Share> {
    let commit = commits.iter().find(|commit| commit.missing == 0)?;
    Share::sum(&commit.records, of)
}

/// The newest record of the part in the address at a branch.
fn newest(call: &Call, branch: &str) -> Result<Option<Record>, Step> {
    let query = Query { branch: branch.to_owned(), ..Query::latest(COLLECTION, call) };
    Ok(call.records(query)?.into_iter().next())
}

/// The record before the newest one of the subject in the address.
fn before(call: &Call) -> Result<Option<Record>, Step> {
    Ok(call.records(Query::latest(COLLECTION, call).last(2))?.into_iter().nth(1))
}

/// The parts of a branch, if the address stands for all parts.
fn parts(call: &Call, branch: &str) -> Result<Option<FoundParts>, Step> {
    let query = PartsQuery::of_all(COLLECTION, call, &FIELDS);
    query.map(|query| call.parts(PartsQuery { branch: branch.to_owned(), ..query })).transpose()
}

/// The page of a record.
fn page(record: &Record) -> Result<String, Failure> {
    let page = record.page().ok_or_else(|| Failure::not_found("LINK_NOT_FOUND", "the newest report has no page"))?;
    Ok(page.to_owned())
}

fn no_results() -> Failure {
    Failure::not_found("RESULT_NOT_FOUND", "no results")
}
