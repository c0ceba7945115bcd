//! A provider's queries for records and states, answered by the store.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Failure, Query, StateQuery, Timestamp, fold};
use futures_util::future::{BoxFuture, Either, select};

use super::{broken::Unanswered, caller::Caller, provider_call::ProviderCall, visibility::is_listed};
use crate::{
    answer::http_date,
    code::Code,
    fetch::{cached_answer::CachedAnswer, fetcher::Fetched},
    plugins::Plugin,
    store::{MOST_RECORDS, Span, States, Subject, Unavailable, is_own_collection},
    world::World,
};

/// The `Retry-After` if the store is unavailable, in seconds.
const STORE_RETRY: u32 = 5;
/// How long the store may take. The rest of the work for a badge must fit into the caller's timeout.
const STORE_PATIENCE: Duration = Duration::from_millis(2500);

/// Answers one query. Its answer is never cached, so that a new record is shown at once.
pub(crate) async fn answer(
    caller: &Caller,
    call: &ProviderCall,
    query: &Query,
    now: SystemTime,
) -> Result<Fetched, Unanswered> {
    let Query { collection, owner, repo, platform, branch, last, since_ms } = query;
    check_grant(call, collection)?;
    let last = usize::try_from(*last).unwrap_or(usize::MAX);
    if !(1..=MOST_RECORDS).contains(&last) {
        return Err(Unanswered::violation(format!("it asks for {last} records, not 1 to {MOST_RECORDS}")));
    }
    let subject = Subject::new(owner, repo, platform, branch).map_err(|part| Unanswered::Failed(too_long(part)))?;
    let span = Span { last, since_ms: *since_ms, before: None };
    let history = Box::pin(async { caller.world.store.history(collection, &subject, span, now).await });
    let records = Reading { caller, plugin: &call.plugin, collection, owner, repo, now }.shown(history).await?;
    let headers: BTreeMap<_, _> =
        records.first().and_then(|record| modified(record.timestamp_ms, now)).into_iter().collect();
    // This cannot fail: the records were JSON.
    let body = serde_json::to_vec(&records).unwrap_or_default().into();
    let answer = CachedAnswer { status: 200, headers, body, asked: now, fresh_until: now, token: None, before: None };
    Ok(Fetched::recorded(answer))
}

/// Answers a query for states. Its answer is never cached either.
pub(crate) async fn states(
    caller: &Caller,
    call: &ProviderCall,
    query: &StateQuery,
    now: SystemTime,
) -> Result<Fetched, Unanswered> {
    let StateQuery { collection, owner, repo, platform, branch } = query;
    check_grant(call, collection)?;
    if branch.is_some() && platform.is_none() {
        return Err(Unanswered::violation("it asks for the states of a branch without a part"));
    }
    let part = |part: &Option<String>| part.as_deref().map_or_else(|| "all".to_owned(), str::to_owned);
    Subject::new(owner, repo, &part(platform), &part(branch)).map_err(|part| Unanswered::Failed(too_long(part)))?;
    let states = States {
        collection: collection.clone(),
        owner: fold(owner),
        repo: fold(repo),
        platform: platform.as_deref().map(fold),
        branch: branch.as_deref().map(fold),
    };
    let states = Box::pin(async { caller.world.store.states(&states, now).await });
    let found = Reading { caller, plugin: &call.plugin, collection, owner, repo, now }.shown(states).await?;
    // This cannot fail: the states were JSON.
    let body = serde_json::to_vec(&found).unwrap_or_default().into();
    let headers = BTreeMap::new();
    let answer = CachedAnswer { status: 200, headers, body, asked: now, fresh_until: now, token: None, before: None };
    Ok(Fetched::recorded(answer))
}

/// A query for the records or states of a repository.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) caller: &'a Caller,
    pub(super) plugin: &'a Plugin,
    pub(super) collection: &'a str,
    pub(super) owner: &'a str,
    pub(super) repo: &'a str,
    pub(super) now: SystemTime,
}

impl Reading<'_> {
    /// The result of `finding`, if the store returns it within [`STORE_PATIENCE`]. Data that deliveries wrote is empty
    /// if its repository is neither known to be public nor granted. The check of the visibility and `finding` run at
    /// the same time, and `finding` is not waited for if the repository may not be shown.
    pub(super) async fn shown<T: Send>(
        self,
        finding: BoxFuture<'_, Result<Vec<T>, Unavailable>>,
    ) -> Result<Vec<T>, Unanswered> {
        let Self { caller, plugin, collection, owner, repo, now } = self;
        let world = &caller.world;
        if plugin.is_off(collection) {
            return Ok(Vec::new());
        }
        if !plugin.is_of_hooks(collection) {
            return in_time(world, finding).await;
        }
        let both = async {
            match select(Box::pin(is_listed(caller, owner, repo, now)), finding).await {
                Either::Left((is_listed, finding)) => Ok(if is_listed? { finding.await? } else { Vec::new() }),
                Either::Right((found, is_listed)) => Ok(if is_listed.await? { found? } else { Vec::new() }),
            }
        };
        in_time(world, Box::pin(both)).await
    }
}

/// The header `Last-Modified` of an answer whose newest record has this time.
pub(super) fn modified(newest: Timestamp, now: SystemTime) -> Option<(String, String)> {
    let newest = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(newest.as_ms()).ok()?);
    // A client's clock may be ahead of the server's, but `Last-Modified` must not be in the future.
    Some(("last-modified".to_owned(), http_date(newest.min(now))?))
}

/// Checks that plugins.toml grants the collection or switches it off, and that the manifest says that the badge reads
/// it.
pub(super) fn check_grant(call: &ProviderCall, collection: &String) -> Result<(), Unanswered> {
    if call.reads.as_ref().is_some_and(|reads| !reads.contains(collection)) {
        return Err(Unanswered::violation(format!(
            "it reads the collection {collection:?}, which its badge {:?} does not name; add it to reads there",
            call.name
        )));
    }
    let is_known = call.plugin.collections.contains(collection) || call.plugin.is_off(collection);
    if is_known && !is_own_collection(collection) {
        return Ok(());
    }
    Err(Unanswered::violation(format!(
        "it reads the collection {collection:?}, which is not granted; add it to its collections in plugins.toml"
    )))
}

/// The store's answer, if it arrives within [`STORE_PATIENCE`].
async fn in_time<T>(world: &World, asking: BoxFuture<'_, Result<T, Unavailable>>) -> Result<T, Unanswered> {
    let found = match select(asking, world.executor.sleep(STORE_PATIENCE)).await {
        Either::Left((found, _)) => found,
        Either::Right(_) => Err(Unavailable("it took too long".to_owned())),
    };
    found.map_err(|fault| Unanswered::Failed(unavailable(&fault)))
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
