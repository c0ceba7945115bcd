//! Open badges: documents at addresses that callers name, kept and asked once like an upstream's answers.
//!
//! `/endpoint` draws a document that is a badge already, `/badge/dynamic/…` what a query finds in one. Parameters and
//! messages are shields'.

pub(crate) mod document;
mod dynamic;
mod endpoint;

use std::{
    borrow::Cow,
    fmt::Write,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Badge, BadgeRoute, Failure};
use badgesmith_renderer::{Logo, Style};
use futures_util::future::{Either, select};
use url::Url;

use crate::{CALLER_PATIENCE, ERROR_FRESH, Inner, MISSING_FRESH, bounded::{Done, Finished}, draw::overrides::Overrides, fetch::fetcher::Answered, draw::picture::{Look, draw, error_response, refuse, refuse_picture}, call::run::Broken, error::Error, request::{Pairs, Request, decode}, response::{Caching, Draft, Format, Response}};

/// How long a document is used without asking again, in seconds.
const FRESH: u32 = 300;
/// How much longer caches downstream may show its badge while they ask again, in seconds.
const REVALIDATE: u32 = 300;
/// How long a document that cannot be renewed is still used: seven days.
const STALE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a document may lengthen its badge's time to, in seconds: a day.
const LONGEST_FRESH: u32 = 24 * 60 * 60;

/// The code of a document that makes no sense.
const NONSENSE: &str = "UPSTREAM_INVALID";

/// Which open badge an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    Endpoint,
    Dynamic(dynamic::Source),
}

/// A badge that a document says, with what it says beyond the badge.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) badge: Badge,
    pub(crate) is_error: bool,
    pub(crate) style: Option<Style>,
    pub(crate) logo: Option<Logo>,
    pub(crate) logo_color: Option<String>,
    pub(crate) logo_size: Option<String>,
    /// For how many seconds it holds.
    pub(crate) fresh_seconds: u32,
}

impl Opened {
    /// A badge and nothing beyond.
    fn new(badge: Badge) -> Self {
        Self {
            badge,
            is_error: false,
            style: None,
            logo: None,
            logo_color: None,
            logo_size: None,
            fresh_seconds: FRESH,
        }
    }

    /// How many bytes its texts take.
    pub(crate) fn weight(&self) -> usize {
        let logo = self.logo.as_ref().map_or(0, |logo| logo.uri().len());
        size_of::<Self>() + self.badge.message.len() + self.badge.label.as_ref().map_or(0, String::len) + logo
    }
}

/// How a badge is made of a document.
#[derive(Clone, Debug)]
enum Recipe {
    Endpoint,
    Dynamic(Arc<dynamic::Recipe>),
}

impl Recipe {
    /// Whether a document is read at once, on the thread that serves.
    fn is_quick(&self, body: &[u8]) -> bool {
        matches!(self, Self::Endpoint) && body.len() <= endpoint::SMALL
    }

    /// What a document says; `media_type` is its `Content-Type`, empty where nothing is said.
    fn make(&self, body: &[u8], media_type: &str) -> Result<Opened, Failure> {
        match self {
            Self::Endpoint => endpoint::read(body),
            Self::Dynamic(recipe) => recipe.make(body, media_type),
        }
    }
}

impl Open {
    /// The open badge at these segments, still encoded.
    pub(crate) fn parse(segments: &[&str]) -> Option<Self> {
        let is = |segment: &str, name: &str| decode(segment).eq_ignore_ascii_case(name);
        match segments {
            [one] if is(one, "endpoint") => Some(Self::Endpoint),
            // Where it was until 2019.
            [_, two] if is(two, "endpoint") => Some(Self::Endpoint),
            [_, two, name] if is(two, "dynamic") => {
                dynamic::Source::parse(&decode(name).to_ascii_lowercase()).map(Self::Dynamic)
            }
            _ => None,
        }
    }

    /// Its route, for the log.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::Endpoint => "/endpoint",
            Self::Dynamic(source) => source.route(),
        }
    }

    /// What holds where neither the caller nor the document says anything: shields' labels.
    pub(crate) fn defaults(self) -> BadgeRoute {
        let label = if self == Self::Dynamic(dynamic::Source::Text) { "match" } else { "custom badge" };
        BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() }
    }
}

/// Answers a request for an open badge.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    request: &Request,
    pairs: &Pairs<'_>,
    format: Format,
    open: Open,
    now: SystemTime,
) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) => overrides,
        Err(error) => return refuse(&error, request),
    };
    let (finished, cache) = match finished(inner, pairs, open, now).await {
        Ok(found) => found,
        Err(error) => {
            return logged(failed(inner, request, overrides, format, open, &error, false).await, open, "made");
        }
    };
    let response = match &finished.outcome {
        Ok(Done::Open(opened)) => {
            let caching = Caching::Revalidate(opened.fresh_seconds, REVALIDATE).at_least(overrides.cache_seconds);
            let overrides = overrides.over(opened);
            let look = Look::new(format, &overrides);
            let route = open.defaults();
            let resolved = overrides.resolve(Some(&route), opened.badge.clone(), opened.is_error);
            match draw(inner, resolved, look, caching).await {
                Ok(drawn) => Draft { last_modified: finished.last_modified, ..drawn }.respond(request),
                Err(error) => refuse_picture(&error, request, format),
            }
        }
        Ok(_) => refuse(&Error::broken(), request),
        Err(failure) => failed(inner, request, overrides, format, open, &Error::from(failure), finished.asked).await,
    };
    logged(response, open, cache)
}

/// An error as a badge, or as JSON; what was asked for and is not there may be kept a while.
async fn failed(
    inner: &Inner,
    request: &Request,
    overrides: Overrides,
    format: Format,
    open: Open,
    error: &Error,
    was_asked: bool,
) -> Response {
    let is_missing = error.status == 404 && was_asked;
    let caching = Caching::Fresh(if is_missing { MISSING_FRESH } else { ERROR_FRESH });
    error_response(inner, error, request, overrides, format, Some(&open.defaults()), caching).await
}

fn logged(mut response: Response, open: Open, cache: &'static str) -> Response {
    response.line.route = open.route().into();
    response.line.cache = cache;
    response
}

/// What the badge comes to: kept, under way already, or made now.
async fn finished(
    inner: &Arc<Inner>,
    pairs: &Pairs<'_>,
    open: Open,
    now: SystemTime,
) -> Result<(Arc<Finished>, &'static str), Error> {
    let is_on = if open == Open::Endpoint { inner.opens_endpoints } else { inner.opens_dynamic };
    if !is_on {
        let words = if open == Open::Endpoint { "endpoint badges" } else { "dynamic badges" };
        let words = format!("{words} are switched off here");
        return Err((&Failure::invalid_parameter("URL_NOT_ALLOWED", "url", words)).into());
    }
    let (url, recipe) = read(pairs, open).map_err(|failure| Error::from(&failure))?;
    let key = key(&recipe, url.as_str());
    let kept = || inner.finished.get(&key).filter(|kept| kept.until.is_some_and(|until| now < until));
    if let Some(kept) = kept() {
        return Ok((kept, "kept"));
    }
    // Cancelled when no caller waits any more. Fetching, and reading once it has begun, go on, and their results are kept.
    let flight = Box::pin(inner.opened.join(
        &key,
        || kept().map(Ok),
        || {
            let (inner, key) = (Arc::clone(inner), key.clone());
            Box::pin(async move { make(&inner, recipe, url, &key, now).await })
        },
    ));
    let finished = match select(flight, inner.world.executor.sleep(CALLER_PATIENCE)).await {
        Either::Left((Some(Ok(finished)), _)) => finished,
        Either::Left(_) => {
            tracing::error!(route = open.route(), "reading a document broke off");
            return Err(Error::broken());
        }
        Either::Right(_) => return Err((&late()).into()),
    };
    let cache = if finished.stale_seconds.is_some() { "stale" } else { "made" };
    Ok((finished, cache))
}

/// There was no badge in time.
pub(crate) fn late() -> Failure {
    Failure::inaccessible("UPSTREAM_TIMEOUT", "inaccessible")
}

/// The parameters.
fn read(pairs: &Pairs<'_>, open: Open) -> Result<(Url, Recipe), Failure> {
    let url = document::url(pairs)?;
    let recipe = match open {
        Open::Endpoint => Recipe::Endpoint,
        Open::Dynamic(source) => Recipe::Dynamic(Arc::new(dynamic::Recipe::read(source, pairs)?)),
    };
    Ok((url, recipe))
}

/// Asks for the document and makes the badge of it.
async fn make(
    inner: &Arc<Inner>,
    recipe: Recipe,
    url: Url,
    key: &str,
    now: SystemTime,
) -> Result<Arc<Finished>, Broken> {
    let wanted = match &recipe {
        Recipe::Endpoint => document::wanted(url.clone(), endpoint::ACCEPT, badgesmith_queries::LARGEST_DOCUMENT),
        Recipe::Dynamic(recipe) => document::wanted(url.clone(), recipe.accept(), badgesmith_queries::LARGEST_DOCUMENT),
    };
    let asked_at = inner.world.executor.clock();
    let answered = match document::fetch(inner, wanted, now).await {
        Ok(answered) => answered,
        Err(failure) => return Ok(Arc::new(unasked(failure))),
    };
    let waited = inner.world.executor.clock().saturating_sub(asked_at);
    let made = Made { inner: Arc::clone(inner), key: key.to_owned(), answered, waited, now };
    if let Err(failure) = document::status(made.answered.kept.status) {
        return Ok(made.finish(Err(failure)));
    }
    if recipe.is_quick(&made.answered.kept.body) {
        let outcome = recipe.make(&made.answered.kept.body, "");
        return Ok(made.finish(outcome));
    }
    evaluate(inner, recipe, &url, made).await
}

/// Reads a document with a recipe, by a reader, once however many wait.
async fn evaluate(inner: &Arc<Inner>, recipe: Recipe, url: &Url, made: Made) -> Result<Arc<Finished>, Broken> {
    let broken = || Broken::Lied("reading a document broke off".to_owned());
    // A reading that all its callers left goes on, and is not begun a second time.
    if let Some(reading) = inner.badges.under_way(&made.key) {
        return reading.await.ok_or_else(broken)?;
    }
    let place = match document::reader(inner, url, made.answered.kept.body.len()).await {
        Ok(place) => place,
        Err(failure) => return Ok(Arc::new(unasked(failure))),
    };
    let key = made.key.clone();
    let reading = inner.badges.join(
        &key,
        &*inner.world.executor,
        || None,
        || {
            let inner = Arc::clone(inner);
            Box::pin(async move {
                let kept = &made.answered.kept;
                let (body, media_type) = (kept.body.clone(), kept.headers.get("content-type").cloned());
                let read = move || recipe.make(&body, media_type.as_deref().unwrap_or_default());
                let outcome = document::apart(&inner, place, read).await?;
                Ok(made.finish(outcome))
            })
        },
    );
    reading.await.ok_or_else(broken)?
}

/// A document, and where the badge of it is kept.
struct Made {
    inner: Arc<Inner>,
    key: String,
    answered: Answered,
    waited: Duration,
    now: SystemTime,
}

impl Made {
    /// The end, which is kept for as long as it holds.
    fn finish(self, outcome: Result<Opened, Failure>) -> Arc<Finished> {
        let Self { inner, key, answered, waited, now } = self;
        let kept = &answered.kept;
        let until = match &outcome {
            Ok(opened) => kept.asked + Duration::from_secs(opened.fresh_seconds.into()),
            Err(failure) if failure.code == NONSENSE => kept.asked + Duration::from_secs(ERROR_FRESH.into()),
            Err(_) => kept.fresh_until,
        };
        if until < kept.fresh_until && !answered.is_stale {
            document::doubt(&inner, &answered, until);
        }
        let modified = kept.headers.get("last-modified").and_then(|text| httpdate::parse_http_date(text).ok());
        let finished = Arc::new(Finished {
            outcome: outcome.map(|opened| Done::Open(Box::new(opened))),
            last_modified: modified,
            until: (!answered.is_stale && until > now).then_some(until),
            asked: true,
            waited,
            stale_seconds: answered.is_stale.then(|| kept.age(now).as_secs()),
        });
        if finished.until.is_some() {
            inner.finished.put(&key, Arc::clone(&finished));
        }
        finished
    }
}

/// An end that rests on no document.
const fn unasked(failure: Failure) -> Finished {
    let waited = Duration::ZERO;
    Finished { outcome: Err(failure), last_modified: None, until: None, asked: false, waited, stale_seconds: None }
}

/// A document that makes no sense, in the words of the badge.
fn invalid(words: impl Into<Cow<'static, str>>) -> Failure {
    Failure { code: NONSENSE.into(), words: words.into(), ..Failure::invalid_response() }
}

/// What makes a finished badge the same.
fn key(recipe: &Recipe, url: &str) -> String {
    let mut key = format!("open {}:{url}", url.len());
    if let Recipe::Dynamic(recipe) = recipe {
        // Writing to a String cannot fail.
        let _ = write!(key, "{recipe:?}");
    }
    key
}
