//! A provider's question for records becomes an answer of our own store.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Failure, Query};
use futures_util::future::{Either, select};

use crate::{
    Inner,
    cache::Kept,
    drive::Broken,
    plugins::Plugin,
    response::http_date,
    store::{MOST_RECORDS, Span, Subject, Unavailable},
    upstream::{Answered, Unanswered},
};

/// After how many seconds a store that cannot be asked may be asked again.
pub(crate) const STORE_RETRY: u32 = 5;

/// The code of a store that cannot be asked.
pub(crate) const STORE_UNAVAILABLE: &str = "STORE_UNAVAILABLE";
/// How long the store may take: what the rest of a badge needs must fit into what its caller waits for.
const STORE_PATIENCE: Duration = Duration::from_millis(2500);

/// Answers one question for records. What the store says is never kept: a record shows as soon as it is there.
pub(crate) async fn answer(
    inner: &Inner,
    plugin: &Plugin,
    query: &Query,
    now: SystemTime,
) -> Result<Answered, Unanswered> {
    let broken = |fault: String| Unanswered::Broken(Broken::Lied(fault));
    let Query { collection, owner, repo, platform, branch, last, since_ms } = query;
    if !plugin.collections.contains(collection) {
        return Err(broken(format!(
            "it reads the collection {collection:?}, which is not granted; add it to its collections in plugins.toml"
        )));
    }
    let last = usize::try_from(*last).unwrap_or(usize::MAX);
    if !(1..=MOST_RECORDS).contains(&last) {
        return Err(broken(format!("it asks for {last} records, not 1 to {MOST_RECORDS}")));
    }
    let subject = Subject::new(owner, repo, platform, branch).map_err(|part| Unanswered::Failed(too_long(part)))?;
    let span = Span { last, since_ms: *since_ms };
    let asking = inner.world.store.history(collection, &subject, span, now);
    let records = match select(asking, inner.world.executor.sleep(STORE_PATIENCE)).await {
        Either::Left((records, _)) => records,
        Either::Right(_) => Err(Unavailable("it took too long".to_owned())),
    };
    let records = records.map_err(|fault| Unanswered::Failed(unavailable(&fault)))?;
    let newest = records.first().and_then(|record| u64::try_from(record.timestamp_ms.as_ms()).ok());
    // A clock that is ahead of ours does not make an answer newer than now.
    let modified = newest.map(|newest| (SystemTime::UNIX_EPOCH + Duration::from_millis(newest)).min(now));
    let headers: BTreeMap<_, _> =
        modified.and_then(http_date).map(|date| ("last-modified".to_owned(), date)).into_iter().collect();
    // Records came as JSON and go as JSON.
    let body = serde_json::to_vec(&records).unwrap_or_default().into();
    Ok(Answered::recorded(Kept { status: 200, headers, body, asked: now, fresh_until: now, before: None }))
}

/// A part of a subject is empty or longer than a key can hold.
pub(crate) fn too_long(part: &'static str) -> Failure {
    Failure::invalid_parameter("PARAMETER_INVALID", part, format!("invalid {part}"))
}

/// The store cannot be asked now; the log says why.
pub(crate) fn unavailable(Unavailable(fault): &Unavailable) -> Failure {
    tracing::error!(fault, "the store does not answer");
    let failure = Failure::inaccessible(STORE_UNAVAILABLE, "store unavailable");
    Failure { retry_after: Some(STORE_RETRY), ..failure }
}
