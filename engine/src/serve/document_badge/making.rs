//! Makes a document badge: fetches the document, parses it, and determines for how long the badge is fresh.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use futures_util::FutureExt;
use url::Url;

use super::{document_rules::FRESH, endpoint, recipe::Recipe, web_document};
use crate::{
    badge_content::BadgeContent,
    caching::ERROR_FRESH,
    call::{
        badge_cache::Made,
        broken::{Broken, Unanswered},
        outcome::Outcome,
    },
    code::Code,
    fetch::{fetcher::Fetched, upstream_request::Pass},
    parts::Parts,
};

/// A document badge that is being made.
pub(super) struct DocumentBadge {
    pub(super) parts: Arc<Parts>,
    pub(super) recipe: Recipe,
    pub(super) url: Url,
    pub(super) now: SystemTime,
}

impl DocumentBadge {
    /// Fetches the document and makes the badge.
    pub(super) async fn make(self) -> Result<Made, Broken> {
        let executor = Arc::clone(&self.parts.world.executor);
        let pass = Pass::new(self.now, &*executor, web_document::BADGE_PATIENCE);
        let asked_at = executor.clock();
        let (accept, stale) = (self.recipe.accept(), self.recipe.stale());
        let fetched = web_document::fetch(&self.parts.web, self.url.clone(), accept, stale, &pass).await;
        let waited = executor.clock().saturating_sub(asked_at);
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(Unanswered::Failed(failure)) => {
                if let Recipe::Website(website) = &self.recipe
                    && let Some(content) = website.unanswered(&failure)
                {
                    return Ok(Made::Whole(Arc::new(self.told(content, waited))));
                }
                return Ok(Made::Whole(Arc::new(Outcome { waited, ..Outcome::failed(failure) })));
            }
            Err(Unanswered::Broken(broken)) => return Err(broken),
        };
        if let Recipe::Website(website) = &self.recipe {
            let content = website.answered(fetched.answer.status);
            return Ok(Made::Whole(self.finish(&fetched, waited, Ok(content))));
        }
        if let Err(failure) = web_document::check_status(fetched.answer.status) {
            return Ok(Made::Whole(self.finish(&fetched, waited, Err(failure))));
        }
        if self.is_quick(&fetched.answer.body) {
            let content = self.content(&fetched.answer.body, "");
            return Ok(Made::Whole(self.finish(&fetched, waited, content)));
        }
        let permit = match self.parts.readers.permit(&self.url, fetched.answer.body.len()).await {
            Ok(permit) => permit,
            Err(failure) => return Ok(Made::Whole(Arc::new(Outcome::failed(failure)))),
        };
        let read = async move {
            let this = Arc::new(self);
            let reader = Arc::clone(&this);
            let body = fetched.answer.body.clone();
            let media_type = fetched.answer.headers.get("content-type").cloned().unwrap_or_default();
            let content = this.parts.readers.read(permit, move || reader.content(&body, &media_type)).await?;
            Ok(this.finish(&fetched, waited, content))
        };
        Ok(Made::Rest(read.boxed()))
    }

    /// The outcome of a website that does not answer.
    fn told(&self, content: BadgeContent, waited: Duration) -> Outcome<BadgeContent> {
        Outcome {
            result: Ok(content),
            last_modified: None,
            valid_until: Some(self.now + Duration::from_secs(ERROR_FRESH.into())),
            asked_upstream: true,
            stale_seconds: None,
            sources: Vec::new(),
            waited,
            read: None,
        }
    }

    /// Whether the document is parsed at once, on the thread of the request.
    fn is_quick(&self, body: &[u8]) -> bool {
        matches!(self.recipe, Recipe::Endpoint) && body.len() <= endpoint::SMALL
    }

    /// The content of the badge from the document; `media_type` is its `Content-Type`, or empty.
    fn content(&self, body: &[u8], media_type: &str) -> Result<BadgeContent, Failure> {
        match &self.recipe {
            Recipe::Endpoint => endpoint::read(body),
            Recipe::Dynamic(recipe) => recipe.make(body, media_type),
            // This badge does not depend on the body.
            Recipe::Website(website) => Ok(website.answered(200)),
        }
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
            self.parts.web.shorten_freshness(fetched, until);
        }
        Arc::new(Outcome {
            result,
            last_modified: answer.last_modified(),
            valid_until: (!fetched.is_stale && until > self.now).then_some(until),
            asked_upstream: true,
            stale_seconds: fetched.is_stale.then(|| answer.age(self.now).as_secs()),
            sources: Vec::new(),
            waited,
            read: None,
        })
    }
}
