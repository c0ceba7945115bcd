//! The counters of a repository, which every payload about one carries.

use crate::{
    collections::{ALL, COUNTERS, LONGEST_BRANCH, REPOSITORY},
    dates,
    hooks::{
        fields::Fields,
        moment::Moment,
        payload::Member,
        told::{RecordedRun, Subject, Told},
    },
    stop::Stop,
};

/// The members whose changes affect the counters without changing the repository's own times.
const CHANGES: [&str; 3] = ["issue", "pull_request", "forkee"];

/// The seconds of a day. The record of a day has the time of the day's beginning.
const DAY: u64 = 24 * 60 * 60;

/// The repository of a payload.
#[derive(Clone, Copy)]
pub(crate) struct Repository<'v> {
    pub(crate) id: u64,
    pub(crate) html_url: Option<&'v str>,
    pub(crate) default_branch: Option<&'v str>,
}

/// Reads the repository of a payload, and adds its counters as a state and as the record of the day; of several records
/// of a day the store keeps the first.
pub(crate) fn read<'v>(told: &mut Told<'_>, payload: Member<'v>) -> Result<Repository<'v>, Stop> {
    let repository = payload.get("repository");
    if let Some(stars) = repository.number("stargazers_count") {
        let mut fields = Fields::default();
        fields
            .set("stars", stars)
            .number("forks", repository.number("forks_count"))
            .number("open_issues", repository.number("open_issues_count"));
        let counters = Subject { collection: REPOSITORY, part: COUNTERS, branch: ALL };
        let today = RecordedRun { id: dates::day(told.now), attempt: 1, time: Moment(told.now - told.now % DAY) };
        told.record(counters, today, fields.clone());
        let own = repository.moment("updated_at").max(repository.moment("pushed_at")).unwrap_or_default();
        let changed = CHANGES.into_iter().filter_map(|change| payload.get(change).moment("updated_at")).max();
        describe(repository, &mut fields);
        // A time in the future is replaced by the present one: otherwise all later deliveries would count as older.
        let until_now = |time: Moment| time.0.min(told.now);
        told.state(counters, &[until_now(own), until_now(changed.unwrap_or_default())], fields);
    }
    Ok(Repository {
        id: repository.needed_number("id")?,
        html_url: repository.text("html_url"),
        default_branch: repository.text("default_branch"),
    })
}

/// Adds further properties of the repository to the counters.
fn describe(repository: Member<'_>, fields: &mut Fields) {
    let by_privacy = repository.flag("private").map(|is_private| if is_private { "private" } else { "public" });
    // A name that is too long is left out, since a part of it would be another name.
    let branch = repository.text("default_branch");
    fields
        .word("license", repository.get("license").text("spdx_id"))
        .word("language", repository.text("language"))
        .text("default_branch", branch.filter(|name| name.len() <= LONGEST_BRANCH), LONGEST_BRANCH)
        .word("visibility", repository.text("visibility").or(by_privacy))
        .word("pushed_at", repository.moment("pushed_at").map(Moment::text).as_deref());
    if let Some(is_archived) = repository.flag("archived") {
        fields.set("archived", is_archived);
    }
}
