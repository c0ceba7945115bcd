//! Document badges: made from documents at addresses that callers name. Documents are cached like answers of upstreams.
//!
//! `/endpoint` draws a document that describes a badge, `/badge/dynamic/…` shows the result of a query in a document,
//! and `/website` says whether an address answers. Parameters and messages are as in shields.

mod document_rules;
mod dynamic;
mod endpoint;
mod making;
pub(crate) mod readers;
mod recipe;
mod web_document;
mod website;

use std::sync::Arc;

use badgesmith_provider::Failure;
use futures_util::FutureExt;

pub(crate) use self::document_rules::late;
use self::{
    document_rules::{FRESH, REVALIDATE},
    making::DocumentBadge,
    recipe::Recipe,
};
use crate::{
    addresses::Switch,
    answer::{Answer, Lasting},
    caching::Caching,
    call::badge_cache::{BadgeQuery, Served},
    code::Code,
    draw::{drawing::Look, overrides::Overrides},
    error::Error,
    parts::Parts,
    request::Incoming,
    response::{AccessLine, CacheState},
    target::OwnTarget,
};

/// Answers a request for a document badge.
pub(crate) async fn answer(
    parts: &Arc<Parts>,
    incoming: &Incoming<'_>,
    target: &OwnTarget,
    line: &mut AccessLine,
) -> Result<Answer, Error> {
    let overrides = Overrides::read(&incoming.pairs, incoming.format)?;
    line.cache = Some(CacheState::Made);
    check_switch(parts, target.address.switch)?;
    let older;
    let pairs = if target.content.is_empty() {
        &incoming.pairs
    } else {
        older = website::older(&target.content).ok_or_else(Error::no_route)?;
        &older
    };
    let url = recipe::url(pairs).map_err(|failure| Error::from(&failure))?;
    let recipe = Recipe::read(target.address.serves, pairs).map_err(|failure| recipe::refused(&failure, pairs))?;
    let key = recipe.key(url.as_str());
    let query = BadgeQuery { key: &key, plugin: "web", badge: target.address.route, now: incoming.now, late };
    let make = || {
        let making = DocumentBadge { parts: Arc::clone(parts), recipe, url, now: incoming.now };
        making.make().boxed()
    };
    let Served { making, cache, waited } = parts.badges.get_cancellable(query, make).await;
    (line.cache, line.upstream) = (Some(cache), waited);
    let outcome = making.map_err(|broken| {
        broken.log("web");
        Error::from(&broken)
    })?;
    match &outcome.result {
        Ok(content) => {
            let fresh = content.extras.as_ref().map_or(FRESH, |extras| extras.fresh_seconds);
            let caching = Caching::Revalidate(fresh, REVALIDATE).at_least(overrides.cache_seconds);
            let overrides = overrides.over(content);
            let look = Look::new(incoming.format, &overrides);
            let resolved = overrides.resolve(&target.defaults(), content.badge.clone(), content.is_error());
            let drawn = parts.drawing.draw(resolved, look, caching).await?;
            let drawn = Answer { last_modified: outcome.last_modified, ..drawn };
            Ok(drawn.lasting(Lasting::While(outcome), caching))
        }
        Err(failure) => Err(Error::of_outcome(failure, outcome.asked_upstream)),
    }
}

/// Checks that the settings leave these badges on.
fn check_switch(parts: &Parts, switch: Switch) -> Result<(), Error> {
    if parts.is_on(switch) {
        return Ok(());
    }
    let words = match switch {
        Switch::Endpoint => "endpoint badges are switched off here",
        _ => "dynamic badges are switched off here",
    };
    Err((&Failure::invalid_parameter(Code::UrlNotAllowed.name(), "url", words)).into())
}
