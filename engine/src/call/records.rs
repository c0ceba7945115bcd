//! A provider's query for records, answered by the store.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Failure, Query};
use futures_util::future::{Either, select};

use super::broken::{Broken, Unanswered};
use crate::{
    answer::http_date,
    code::Code,
    fetch::{cached_answer::CachedAnswer, fetcher::Fetched},
    plugins::Plugin,
    store::{MOST_RECORDS, Span, Subject, Unavailable},
    world::World,
};

/// After how many seconds a store that is unavailable may be asked again.
const STORE_RETRY: u32 = 5;
/// How long the store may take: the rest of a badge must fit into what its caller waits for.
const STORE_PATIENCE: Duration = Duration::from_millis(2500);

/// Answers one query. Its answer is never cached, so that a new record is shown at once.
pub(crate) async fn answer(
    world: &World,
    plugin: &Plugin,
    query: &Query,
    now: SystemTime,
) -> Result<Fetched, Unanswered> {
    let violation = |fault: String| Unanswered::Broken(Broken::Violation(fault));
    let Query { collection, owner, repo, platform, branch, last, since_ms } = query;
    if !plugin.collections.contains(collection) {
        return Err(violation(format!(
            "it reads the collection {collection:?}, which is not granted; add it to its collections in plugins.toml"
        )));
    }
    let last = usize::try_from(*last).unwrap_or(usize::MAX);
    if !(1..=MOST_RECORDS).contains(&last) {
        return Err(violation(format!("it asks for {last} records, not 1 to {MOST_RECORDS}")));
    }
    let subject = Subject::new(owner, repo, platform, branch).map_err(|part| Unanswered::Failed(too_long(part)))?;
    let span = Span { last, since_ms: *since_ms };
    let asking = world.store.history(collection, &subject, span, now);
    let records = match select(asking, world.executor.sleep(STORE_PATIENCE)).await {
        Either::Left((records, _)) => records,
        Either::Right(_) => Err(Unavailable("it took too long".to_owned())),
    };
    let records = records.map_err(|fault| Unanswered::Failed(unavailable(&fault)))?;
    let newest = records.first().and_then(|record| u64::try_from(record.timestamp_ms.as_ms()).ok());
    // A client's clock may be ahead of the server's, but `Last-Modified` must not be in the future.
    let modified = newest.map(|newest| (SystemTime::UNIX_EPOCH + Duration::from_millis(newest)).min(now));
    let headers: BTreeMap<_, _> =
        modified.and_then(http_date).map(|date| ("last-modified".to_owned(), date)).into_iter().collect();
    // This cannot fail: the records were JSON.
    let body = serde_json::to_vec(&records).unwrap_or_default().into();
    let answer = CachedAnswer { status: 200, headers, body, asked: now, fresh_until: now, token: None, before: None };
    Ok(Fetched::recorded(answer))
}

/// A part of a subject is empty or longer than a key can hold.
pub(crate) fn too_long(part: &'static str) -> Failure {
    Failure::invalid_parameter(Code::ParameterInvalid.name(), part, format!("invalid {part}"))
}

/// The store or the secrets are unavailable; the log says why.
pub(crate) fn unavailable(Unavailable(fault): &Unavailable) -> Failure {
    tracing::error!(fault, "the store does not answer");
    let failure = Failure::inaccessible(Code::StoreUnavailable.name(), "store unavailable");
    Failure { retry_after: Some(STORE_RETRY), ..failure }
}
