//! Provider badges: the call, through the badge cache, and the drawing.

use std::{fmt::Write, sync::Arc};

use badgesmith_provider::format::add_v;
use futures_util::FutureExt;

use crate::{
    answer::{Answer, Lasting},
    caching::plugin_caching,
    call::{
        badge_cache::{BadgeQuery, Served},
        provider_call::ProviderCall,
    },
    code::Code,
    draw::{drawing::Look, overrides::Overrides, trend_overrides::TrendOverrides},
    error::{Error, late},
    format::Format,
    parts::Parts,
    plugins::series::reads_series,
    request::Incoming,
    response::AccessLine,
    serve::trend::{self, Trend},
    target::BadgeTarget,
};

/// Answers a request for a provider's badge.
pub(crate) async fn answer(
    parts: &Arc<Parts>,
    incoming: &Incoming<'_>,
    target: &BadgeTarget<'_>,
    line: &mut AccessLine,
) -> Result<Answer, Error> {
    let overrides = Overrides::read(&incoming.pairs, incoming.format)?;
    let BadgeTarget { plugin, route, call } = target;
    let trends = trends(incoming, target)?;
    let Served { making, cache, waited } = serve(parts, incoming, call).await;
    (line.cache, line.upstream) = (Some(cache), waited);
    let outcome = making.map_err(|broken| {
        broken.log(&plugin.id);
        Error::from(&broken)
    })?;
    match &outcome.result {
        Ok(content) => {
            let caching = plugin_caching(plugin, route.fresh_seconds, route.revalidate_seconds);
            let caching = caching.at_least(overrides.cache_seconds);
            let mut overrides = overrides.over_style_of(route);
            let look = Look::new(incoming.format, &overrides);
            let mut badge = content.badge.clone();
            badge.message = prefixed(&route.prefix, badge.message);
            if let Some(read) = &outcome.read {
                let trend = Trend { plugin, read, overrides: trends, now: incoming.now };
                overrides.spark = trend::apply(parts, trend, &mut badge).await;
            }
            let resolved = overrides.resolve(&target.defaults(), badge, false);
            let drawn = parts.drawing.draw(resolved, look, caching).await?;
            let drawn = Answer { last_modified: outcome.last_modified, ..drawn };
            // A badge of recorded results must show the newest one, so its response is not reused.
            let lasting = if call.reads_store() { Lasting::Once } else { Lasting::While(outcome) };
            Ok(drawn.lasting(lasting, caching))
        }
        Err(failure) => {
            let error = Error::of_outcome(failure, outcome.asked_upstream);
            // If no upstream is set, the badge's label is the plugin's id.
            let is_unset = failure.code == Code::UpstreamNotSet.name();
            Err(if is_unset { error.labelled(&*plugin.id) } else { error })
        }
    }
}

/// The query parameters about the history of the badge's records. A badge without a history has no such parameters.
fn trends(incoming: &Incoming<'_>, target: &BadgeTarget<'_>) -> Result<TrendOverrides, Error> {
    if !reads_series(target.plugin, target.route) {
        return Ok(TrendOverrides::default());
    }
    let overrides = TrendOverrides::read(&incoming.pairs, incoming.format, &target.route.query)?;
    Ok(if incoming.format == Format::Json { overrides.without_trend() } else { overrides })
}

/// The message with the prefix of its route; `v` only where a version begins.
fn prefixed(prefix: &str, message: String) -> String {
    match prefix {
        "" => message,
        "v" => add_v(&message),
        prefix => format!("{prefix}{message}"),
    }
}

/// The badge of a call: from the cache, from a call that is under way, or made now.
async fn serve(parts: &Arc<Parts>, incoming: &Incoming<'_>, call: &ProviderCall) -> Served {
    let now = incoming.now;
    if call.reads_store() {
        // A badge of recorded results is neither cached nor shared, so that it shows a result that was just recorded.
        let outcome = parts.caller.run_in_time(call, now).await;
        return Served::made(outcome.map(Arc::new));
    }
    let key = key(call);
    let query = BadgeQuery { key: &key, plugin: &call.plugin.id, badge: &call.name, now, late };
    let make = || {
        let (parts, call) = (Arc::clone(parts), call.clone());
        async move { parts.caller.run(&call, now).await.map(Arc::new) }.boxed()
    };
    parts.badges.get(query, make).await
}

/// The cache key of a provider's badge: everything that is passed to the provider.
fn key(call: &ProviderCall) -> String {
    let mut key = String::with_capacity(96);
    let texts = call.params.iter().chain(&call.query).flat_map(|(name, value)| [name, value]);
    for text in [&call.plugin.id, &call.name].into_iter().chain(texts) {
        // Each text is prefixed with its length, so keys are unambiguous. Writing to a String cannot fail.
        let _ = write!(key, "{}:{text}", text.len());
    }
    key
}
