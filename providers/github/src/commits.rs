//! Badges of commits: the last one, how many, and by whom.

use badgesmith_provider::{Answer, Badge, Call, color, format};
use serde_json::Value;

use crate::{
    address::Address,
    api, dates,
    failures::{lacking, not_found, refused},
    field, link, query, releases,
    repository::{MISSING, Repository},
    stop::Stop,
};

/// GitHub's status for a repository that has no commits yet.
const EMPTY: u16 = 409;
/// The address of a comparison. Its second page contains the numbers without the changes of up to 300 files.
const COMPARISON: Address<'_> = Address::of("/compare/{}...{}?per_page=1&page=2");
const DAY: u64 = 24 * 60 * 60;

/// The day of the last commit: on a branch and in a file or folder, if these are named.
pub(crate) fn last(call: &Call<'_>) -> Result<Badge, Stop> {
    let timestamp = query::choice(call, "display_timestamp", &["author", "committer"])?;
    let repository = Repository::of(call);
    let query = [("sha", query::optional(call, "branch")), ("path", query::optional(call, "path"))];
    let answer = repository.ask(Address::of("/commits?per_page=1").query(&query), MISSING)?;
    let commits: Value = if answer.status == EMPTY { Value::Array(Vec::new()) } else { api::json(answer)? };
    let commit = field::list(&commits, "")?.first().ok_or_else(|| not_found("no commits found"))?;
    dates::the_newer_the_better(call, field::text(commit, &format!("/commit/{timestamp}/date"))?)
}

/// How many commits a branch has that a version does not have.
pub(crate) fn since(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let branch = query::optional(call, "branch");
    let latest = match call.param("version") {
        "latest" => Some(releases::latest(&repository, &releases::Choice::of(call)?)?),
        _ => None,
    };
    let version = match &latest {
        Some(release) => field::text(release, "/tag_name")?,
        None => call.param("version"),
    };
    let missing = if branch.is_some() { "repo, branch or version not found" } else { "repo or version not found" };
    let comparison = compare(&repository, [version, branch.unwrap_or("HEAD")], missing)?;
    let count = field::number(&comparison, "/ahead_by")?;
    Ok(Badge::new(format::metric(count as f64)).label(format!("commits since {version}")))
}

/// How many commits are between two branches, tags or commits.
pub(crate) fn difference(call: &Call<'_>) -> Result<Badge, Stop> {
    let refs = [query::required(call, "base")?, query::required(call, "head")?];
    let missing = "could not establish commit difference between refs";
    let comparison = compare(&Repository::of(call), refs, missing)?;
    Ok(Badge::new(format::metric(field::number(&comparison, "/total_commits")? as f64)))
}

/// Whether a commit is in a branch.
pub(crate) fn is_in_branch(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let branch = call.param("branch");
    let refs = [branch, call.param("commit")];
    // The body of a 404 says what is missing.
    let missing = "commit or branch not found";
    let answer = repository.fetch(COMPARISON.parts(&refs), missing)?;
    let message = serde_json::from_slice::<Value>(answer.body).ok().filter(|_| answer.is_missing());
    let is_unrelated = |message: &Value| {
        message.get("message").and_then(Value::as_str).is_some_and(|text| text.starts_with("No common ancestor"))
    };
    if message.as_ref().is_some_and(is_unrelated) {
        if answer.is_authenticated() {
            repository.must_be_shown(missing)?;
        }
        return Err(refused("commit", "no common ancestor"));
    }
    let comparison = api::json(repository.check(answer, missing)?)?;
    Ok(match field::text(&comparison, "/status")? {
        "identical" | "behind" => Badge::new(format!("in {branch}")).color("brightgreen"),
        "ahead" | "diverged" => Badge::new(format!("not in {branch}")).color("yellow"),
        _ => return Err(field::invalid("/status", "a status")),
    })
}

/// How many commits there were in the last week, month or year, or in all; of an author if one is named.
pub(crate) fn activity(call: &Call<'_>) -> Result<Badge, Stop> {
    let (branch, author) = (query::optional(call, "branch"), query::optional(call, "authorFilter"));
    let (since, suffix) = match call.param("interval") {
        "y" => (Some(a_year_before(call.now)), "/year"),
        "m" => (Some(days_before(call.now, 30)), "/month"),
        "4w" => (Some(days_before(call.now, 30)), "/four weeks"),
        "w" => (Some(days_before(call.now, 7)), "/week"),
        _ => (None, ""),
    };
    let repository = Repository::of(call);
    let query = [("sha", branch), ("author", author), ("since", since.as_deref())];
    let address = Address::of("/commits?per_page=1").query(&query);
    let count = if author.is_some() {
        counted(repository.ask(address, "repo or branch not found")?)?
    } else {
        let answer = repository.fetch(address, MISSING)?;
        if branch.is_some() && (answer.is_missing() || answer.status == 422) {
            repository.must_be_shown(MISSING)?;
            return Err(lacking("invalid branch"));
        }
        counted(repository.check(answer, MISSING)?)?
    };
    let what = if call.param("interval") == "t" { "commits" } else { "commit activity" };
    let label = author.map_or_else(|| what.to_owned(), |author| format!("{what} by {author}"));
    Ok(Badge::new(format!("{}{suffix}", format::metric(count as f64))).label(label))
}

/// How many people have committed; the parameter `anon` says whether those without an account count, too.
pub(crate) fn contributors(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let query = [("anon", Some(call.param("anon")))];
    Ok(contributors_badge(counted(repository.ask(Address::of("/contributors?per_page=1").query(&query), MISSING)?)?))
}

/// A number of contributors.
pub(crate) fn contributors_badge(count: u64) -> Badge {
    Badge::new(format::metric(count as f64)).color(color::contributors(count))
}

/// The length of a list, of which a page with one item was requested.
pub(crate) fn counted(answer: &Answer<'_>) -> Result<u64, Stop> {
    // For an empty repository GitHub answers 204 to a request for a list of people, and 409 to one for commits.
    if matches!(answer.status, 204 | EMPTY) {
        return Ok(0);
    }
    let items = api::json(answer)?;
    let here = field::list(&items, "")?.len() as u64;
    Ok(link::last_page(answer).map_or(here, u64::from))
}

/// GitHub's comparison of two branches, tags or commits.
fn compare(repository: &Repository<'_, '_>, refs: [&str; 2], missing: &str) -> Result<Value, Stop> {
    repository.read(COMPARISON.parts(&refs), missing)
}

/// The time this many days before `now`, rounded down to the hour, so that all requests within an hour are equal.
fn days_before(now: u64, days: u64) -> String {
    dates::hour(now.saturating_sub(days * DAY))
}

/// The same hour of the year before.
fn a_year_before(now: u64) -> String {
    let text = days_before(now, 0);
    let year = text.get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or_default();
    // In a year without a 29th of February it is the 1st of March.
    format!("{:04}{}", year.saturating_sub(1), text.get(4..).unwrap_or_default().replace("-02-29", "-03-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_now_is_a_full_hour() {
        // Sat, 21 Nov 2026 12:34:56 GMT, and Thu, 29 Feb 2024 01:00:00 GMT.
        let (now, leap) = (1_795_264_496, 1_709_168_400);
        assert_eq!(
            [0, 7, 30].map(|days| days_before(now, days)),
            ["2026-11-21T12:00:00Z", "2026-11-14T12:00:00Z", "2026-10-22T12:00:00Z"]
        );
        assert_eq!([now, leap].map(a_year_before), ["2025-11-21T12:00:00Z", "2023-03-01T01:00:00Z"]);
    }
}
