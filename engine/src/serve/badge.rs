//! A provider's badge: kept, under way already, or made now; then drawn.

use std::{
    borrow::Borrow,
    fmt::Write,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{BadgeRoute, CallKind, Failure};
use bytes::Bytes;
use futures_util::future::{Either, select};

use crate::{CALLER_PATIENCE, ERROR_FRESH, Inner, MISSING_FRESH, bounded::{Done, Finished}, draw::overrides::Overrides, draw::picture::{Look, draw, error_response, refuse, refuse_picture}, call::run::{self, Broken, Question}, error::Error, plugins::Plugin, request::{Pairs, Request}, response::{Caching, Draft, Format, Response}, route::Parameters, call::upstream::Shelf};

/// Answers a request for a provider's badge.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    request: &Request,
    pairs: &Pairs<'_>,
    format: Format,
    (plugin, route): (&Arc<Plugin>, &BadgeRoute),
    parameters: Parameters,
    now: SystemTime,
) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) => overrides,
        Err(error) => return refuse(&error, request),
    };
    let Made { finished, cache, waited } = finished(inner, plugin, route, parameters, pairs, now).await;
    let error = match &finished {
        Ok(finished) => match &finished.outcome {
            Ok(Done::Badge(badge)) => {
                let caching = caching(plugin, route.fresh_seconds, route.revalidate_seconds);
                let caching = caching.at_least(overrides.cache_seconds);
                let look = Look::new(format, &overrides);
                let resolved = overrides.resolve(Some(route), badge.clone(), false);
                let mut response = match draw(inner, resolved, look, caching).await {
                    Ok(drawn) => Draft { last_modified: finished.last_modified, ..drawn }.respond(request),
                    Err(error) => refuse_picture(&error, request, format),
                };
                (response.line.cache, response.line.upstream) = (cache, waited);
                return response;
            }
            Ok(_) => Error::provider(plugin, &Broken::Lied("its call ended with something else".to_owned())),
            Err(failure) => Error::from(failure),
        },
        Err(broken) => Error::provider(plugin, broken),
    };
    let is_missing = error.status == 404 && finished.is_ok_and(|finished| finished.asked);
    let caching = Caching::Fresh(if is_missing { MISSING_FRESH } else { ERROR_FRESH });
    let mut response = error_response(inner, &error, request, overrides, format, Some(route), caching).await;
    (response.line.cache, response.line.upstream) = (cache, waited);
    response
}

/// What a call comes to, where that is from, and how long this request waited for upstreams.
struct Made {
    finished: Result<Arc<Finished>, Broken>,
    cache: &'static str,
    waited: Duration,
}

impl Made {
    fn now(finished: Result<Arc<Finished>, Broken>) -> Self {
        let waited = waited(&finished);
        Self { finished, cache: "made", waited }
    }
}

/// How long caches may keep what a plugin made, if plugins.toml says nothing else than its manifest.
pub(crate) fn caching(plugin: &Plugin, fresh: u32, revalidate: u32) -> Caching {
    let fresh = plugin.fresh_seconds.unwrap_or(fresh);
    if plugin.collections.is_empty() {
        Caching::Revalidate(fresh, revalidate)
    } else {
        // A result of yesterday is no result: what comes from our own store is not shown longer because we are down.
        Caching::RevalidateOnly(fresh, revalidate)
    }
}

/// How long the answers of one badge stay fresh and may be served stale.
pub(crate) fn shelf(plugin: &Plugin, fresh: u32) -> Shelf {
    let fresh = plugin.fresh_seconds.unwrap_or(fresh);
    Shelf { fresh: Duration::from_secs(fresh.into()), stale: Duration::from_secs(plugin.stale_seconds.into()) }
}

/// What the call comes to: kept, under way already, or made now.
async fn finished(
    inner: &Arc<Inner>,
    plugin: &Arc<Plugin>,
    route: &BadgeRoute,
    parameters: Parameters,
    pairs: &Pairs<'_>,
    now: SystemTime,
) -> Made {
    let question = question(route, parameters, pairs);
    let shelf = shelf(plugin, route.fresh_seconds);
    if !plugin.collections.is_empty() {
        // Neither kept nor shared with a call that began before a result was there.
        return Made::now(in_time(inner, run::drive(inner, plugin, &question, shelf, now)).await.map(Arc::new));
    }
    let key = key(plugin, &question);
    let kept = || inner.finished.get(&key).filter(|kept| kept.until.is_some_and(|until| now < until));
    if let Some(kept) = kept() {
        return Made { finished: Ok(kept), cache: "kept", waited: Duration::ZERO };
    }
    let joined = inner.world.executor.clock();
    let flight = Box::pin(inner.badges.join(
        &key,
        &*inner.world.executor,
        || kept().map(Ok),
        || {
            let (inner, plugin, key) = (Arc::clone(inner), Arc::clone(plugin), key.clone());
            let question = question.clone();
            Box::pin(async move {
                let finished = Arc::new(run::drive(&inner, &plugin, &question, shelf, now).await?);
                if finished.until.is_some() {
                    inner.finished.put(&key, Arc::clone(&finished));
                }
                Ok(finished)
            })
        },
    ));
    let finished = match select(flight, inner.world.executor.sleep(CALLER_PATIENCE)).await {
        Either::Left((Some(finished), _)) => finished,
        Either::Left((None, _)) => Err(Broken::Lied("its call broke off".to_owned())),
        Either::Right(_) => Ok(Arc::new(overdue())),
    };
    let mut made = Made::now(finished);
    // Who came late to a flight waited for the rest of it only.
    made.waited = made.waited.min(inner.world.executor.clock().saturating_sub(joined));
    if let Some(age_seconds) = made.finished.as_ref().ok().and_then(|badge| badge.stale_seconds) {
        tracing::warn!(plugin = plugin.id, badge = route.name, age_seconds, "a stale badge is served");
        made.cache = "stale";
    }
    made
}

/// A call's end, or that it took too long.
pub(crate) async fn in_time(
    inner: &Inner,
    driving: impl Future<Output = Result<Finished, Broken>>,
) -> Result<Finished, Broken> {
    match select(Box::pin(driving), inner.world.executor.sleep(CALLER_PATIENCE)).await {
        Either::Left((finished, _)) => finished,
        Either::Right(_) => Ok(overdue()),
    }
}

/// How long upstreams kept a call waiting; nobody knows it of a call that broke.
pub(crate) fn waited<T: Borrow<Finished>>(finished: &Result<T, Broken>) -> Duration {
    finished.as_ref().map_or(Duration::ZERO, |finished| finished.borrow().waited)
}

/// Why whoever waits no longer gets no usual badge.
pub(crate) fn late() -> Failure {
    Failure::inaccessible("UPSTREAM_TIMEOUT", "upstream unavailable")
}

fn overdue() -> Finished {
    Finished {
        outcome: Err(late()),
        last_modified: None,
        until: None,
        asked: true,
        stale_seconds: None,
        waited: CALLER_PATIENCE,
    }
}

/// What a request asks a badge's provider: those of its query parameters reach it that its manifest names.
pub(crate) fn question(route: &BadgeRoute, parameters: Parameters, pairs: &Pairs) -> Question {
    let query = route.query.iter().filter_map(|name| Some((name.clone(), pairs.get(name)?.to_owned()))).collect();
    Question { kind: CallKind::Badge, name: route.name.clone(), params: parameters, query, body: Bytes::new() }
}

/// What makes a finished badge the same: nothing but what its provider was asked.
fn key(plugin: &Plugin, question: &Question) -> String {
    let mut key = String::with_capacity(96);
    let texts = question.params.iter().chain(&question.query).flat_map(|(name, value)| [name, value]);
    for text in [&plugin.id, &question.name].into_iter().chain(texts) {
        // Each text's length stands before it, so no text can pass for two. Writing to a String cannot fail.
        let _ = write!(key, "{}:{text}", text.len());
    }
    key
}
