//! The jobs of a run.

use badgesmith_provider::{StateQuery, fold};
use serde_json::Value;

use crate::{
    address::Address,
    api,
    collections::{JOB, can_have},
    failures::not_found,
    field,
    repository::Repository,
    runs::{Run, Standing},
    stop::Stop,
};

/// The words for a missing job.
const MISSING: &str = "job not found";
/// How many jobs a page has.
const PAGE: u64 = 100;

/// The status of the job with this name in a run: from its state in the store, or else from the first pages of the
/// API's list of jobs.
pub(crate) fn standing(repository: &Repository<'_, '_>, run: &Run, name: &str, pages: u64) -> Result<Standing, Stop> {
    if run.number.is_none() {
        return Err(not_found(MISSING));
    }
    let wanted = fold(name);
    if can_have(&run.id, &wanted) {
        let query = StateQuery::of(JOB, &repository.owner, &repository.name).platform(&run.id).branch(&wanted);
        if let Some(state) = repository.call.states(query)?.first() {
            return Ok(Standing::of_fields(&state.fields));
        }
    }
    let is_wanted = |job: &&Value| job.get("name").and_then(Value::as_str).map(fold).as_ref() == Some(&wanted);
    let run = [&*run.id];
    for number in 1..=pages {
        let page = number.to_string();
        let query = [("page", Some(&*page).filter(|_| number > 1))];
        let address = Address::of("/actions/runs/{}/jobs?per_page=100").parts(&run);
        let jobs = repository.ask(address.query(&query), MISSING).and_then(api::json)?;
        if let Some(job) = field::list(&jobs, "/jobs")?.iter().find(is_wanted) {
            return Standing::of_answer(job);
        }
        if field::number(&jobs, "/total_count")? <= number * PAGE {
            break;
        }
    }
    Err(not_found(MISSING))
}
