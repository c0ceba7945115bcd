//! Document badges: made from documents at addresses that callers name. Documents are cached like answers of upstreams.
//!
//! `/endpoint` draws a document that describes a badge, `/badge/dynamic/…` shows what a query finds in a document.
//! Parameters and messages are as in shields.

mod document_rules;
mod dynamic;
mod endpoint;
pub(crate) mod readers;
mod recipe;
mod web_document;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use futures_util::FutureExt;
use url::Url;

pub(crate) use self::web_document::late;
use self::{
    document_rules::{FRESH, REVALIDATE},
    recipe::Recipe,
};
use crate::{
    addresses::Switch,
    answer::Answer,
    badge_content::BadgeContent,
    caching::{Caching, ERROR_FRESH},
    call::{
        badge_cache::{Abandoned, BadgeQuery, Making, Served},
        broken::Unanswered,
        outcome::Outcome,
    },
    code::Code,
    draw::{drawing::Look, overrides::Overrides},
    error::Error,
    fetch::{fetcher::Fetched, upstream_request::Pass},
    parts::Parts,
    place::OwnTarget,
    request::Incoming,
    response::{AccessLine, CacheState},
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
    let url = web_document::url(&incoming.pairs).map_err(|failure| Error::from(&failure))?;
    let recipe = Recipe::read(target.address.serves, &incoming.pairs).map_err(|failure| Error::from(&failure))?;
    let key = recipe.key(url.as_str());
    let query = BadgeQuery {
        key: &key,
        plugin: "web",
        badge: target.address.route,
        now: incoming.now,
        // Fetching, and reading once it has begun, go on, and their results are cached.
        abandoned: Abandoned::IsCancelled,
        late,
    };
    let make = || {
        let making = DocumentBadge { parts: Arc::clone(parts), key: key.clone(), recipe, url, now: incoming.now };
        making.make().boxed()
    };
    let Served { making, cache, waited } = parts.badges.get(query, make).await;
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
            Ok(Answer { last_modified: outcome.last_modified, ..drawn })
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

/// A document badge that is being made.
struct DocumentBadge {
    parts: Arc<Parts>,
    key: String,
    recipe: Recipe,
    url: Url,
    now: SystemTime,
}

impl DocumentBadge {
    /// Fetches the document and makes the badge.
    async fn make(self) -> Making {
        let executor = Arc::clone(&self.parts.world.executor);
        let pass = Pass::new(self.now, &*executor, web_document::BADGE_PATIENCE);
        let asked_at = executor.clock();
        let fetched = web_document::fetch(&self.parts.web, self.url.clone(), self.recipe.accept(), &pass).await;
        let waited = executor.clock().saturating_sub(asked_at);
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(Unanswered::Failed(failure)) => return Ok(Arc::new(Outcome { waited, ..Outcome::failed(failure) })),
            Err(Unanswered::Broken(broken)) => return Err(broken),
        };
        if let Err(failure) = web_document::check_status(fetched.answer.status) {
            return Ok(self.finish(&fetched, waited, Err(failure)));
        }
        if self.recipe.is_quick(&fetched.answer.body) {
            let content = self.recipe.make(&fetched.answer.body, "");
            return Ok(self.finish(&fetched, waited, content));
        }
        self.read(fetched, waited).await
    }

    /// Parses the document on a worker thread, once for all callers.
    async fn read(self, fetched: Fetched, waited: Duration) -> Making {
        let badges = Arc::clone(&self.parts.badges);
        // Parsing goes on when all callers have left; join it instead of starting again.
        if let Some(making) = badges.under_way(&self.key).await {
            return making;
        }
        let permit = match self.parts.readers.permit(&self.url, fetched.answer.body.len()).await {
            Ok(permit) => permit,
            Err(failure) => return Ok(Arc::new(Outcome::failed(failure))),
        };
        let key = self.key.clone();
        let read = async move {
            let this = Arc::new(self);
            let reader = Arc::clone(&this);
            let body = fetched.answer.body.clone();
            let media_type = fetched.answer.headers.get("content-type").cloned().unwrap_or_default();
            let reading = move || reader.recipe.make(&body, &media_type);
            let content = this.parts.readers.read(permit, reading).await?;
            Ok(this.finish(&fetched, waited, content))
        };
        badges.finish(&key, || read.boxed()).await
    }

    /// The outcome, and how long it is valid.
    fn finish(
        &self,
        fetched: &Fetched,
        waited: Duration,
        result: Result<BadgeContent, Failure>,
    ) -> Arc<Outcome<BadgeContent>> {
        let answer = &fetched.answer;
        let until = match &result {
            Ok(content) => {
                let fresh = content.extras.as_ref().map_or(FRESH, |extras| extras.fresh_seconds);
                answer.asked + Duration::from_secs(fresh.into())
            }
            Err(failure) if failure.code == Code::UpstreamInvalid.name() => {
                answer.asked + Duration::from_secs(ERROR_FRESH.into())
            }
            Err(_) => answer.fresh_until,
        };
        if until < answer.fresh_until && !fetched.is_stale {
            self.parts.web.doubt(fetched, until);
        }
        Arc::new(Outcome {
            result,
            last_modified: answer.last_modified(),
            valid_until: (!fetched.is_stale && until > self.now).then_some(until),
            asked_upstream: true,
            stale_seconds: fetched.is_stale.then(|| answer.age(self.now).as_secs()),
            waited,
        })
    }
}
