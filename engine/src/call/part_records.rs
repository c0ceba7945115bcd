//! A provider's query for the records of every part of a branch, answered by the store.

use std::{collections::BTreeMap, time::SystemTime};

use badgesmith_provider::PartsQuery;

use super::{
    broken::Unanswered,
    caller::Caller,
    provider_call::ProviderCall,
    records::{Reading, check_grant, modified, too_long},
};
use crate::{
    fetch::{cached_answer::CachedAnswer, fetcher::Fetched},
    store::{EveryPart, MOST_PART_RECORDS},
};

/// The capability that the manifest must list in `requires` for such a query.
const CAPABILITY: &str = "parts";
/// The most fields that a query may name.
const MOST_FIELDS: usize = 16;

/// Answers one query. The answer is never cached, just as the answer to a query for the records of one part is not.
pub(crate) async fn answer(
    caller: &Caller,
    call: &ProviderCall,
    query: &PartsQuery,
    now: SystemTime,
) -> Result<Fetched, Unanswered> {
    let PartsQuery { collection, owner, repo, branch, last, fields } = query;
    if !call.plugin.manifest.requires.iter().any(|required| required == CAPABILITY) {
        return Err(Unanswered::violation(format!(
            "it asks for every part; its manifest has to say \"requires\": [{CAPABILITY:?}]"
        )));
    }
    check_grant(call, collection)?;
    let last = usize::try_from(*last).unwrap_or(usize::MAX);
    if !(1..=MOST_PART_RECORDS).contains(&last) {
        return Err(Unanswered::violation(format!(
            "it asks for {last} records of each part, not 1 to {MOST_PART_RECORDS}"
        )));
    }
    if !(1..=MOST_FIELDS).contains(&fields.len()) {
        return Err(Unanswered::violation(format!("it asks for {} fields, not 1 to {MOST_FIELDS}", fields.len())));
    }
    let every = EveryPart::new(collection, [owner, repo, branch], last, fields);
    let every = every.map_err(|part| Unanswered::Failed(too_long(part)))?;
    let finding = Box::pin(async { caller.world.store.part_records(&every, now).await.map(|found| vec![found]) });
    let reading = Reading { caller, plugin: &call.plugin, collection, owner, repo, now };
    // A repository that may not be shown has no parts.
    let mut found = reading.shown(finding).await?.pop().unwrap_or_default();
    found.found.sort_by(|one, other| one.platform.cmp(&other.platform));
    let newest = found.found.iter().filter_map(|part| part.records.first()).map(|record| record.timestamp_ms).max();
    let headers: BTreeMap<_, _> = newest.and_then(|newest| modified(newest, now)).into_iter().collect();
    // This cannot fail: the records were JSON.
    let body = serde_json::to_vec(&found).unwrap_or_default().into();
    let answer = CachedAnswer { status: 200, headers, body, asked: now, fresh_until: now, token: None, before: None };
    Ok(Fetched::recorded(answer))
}
