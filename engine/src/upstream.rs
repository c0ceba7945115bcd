//! A provider's request becomes an answer: granted, kept, asked once, and stale rather than none.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{BadRequest, Failure, Request};
use futures_util::future::{Either, select};
use http::{HeaderMap, header};
use url::Url;

use crate::{
    Inner,
    cache::Kept,
    drive::{Broken, Deadline},
    origin::Origin,
    plugins::Plugin,
    world::{Ask, Fault, Reply},
};

/// The largest body of an upstream's answer, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How long one exchange may take. A caller waits less; what comes later is there for the next one.
const PATIENCE: Duration = Duration::from_secs(8);
/// For how long what is not found is not asked again.
const MISSING_FRESH: Duration = Duration::from_secs(60);

/// Whether upstreams may be asked, or only what is kept is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Ask,
    KeptOnly,
}

/// An answer and whether it is older than it should be.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) key: String,
    pub(crate) kept: Arc<Kept>,
    pub(crate) is_stale: bool,
}

/// Why there is no answer: the provider asked wrongly, or there will be no badge.
#[derive(Clone, Debug)]
pub(crate) enum Unanswered {
    Broken(Broken),
    Failed(Failure),
}

/// How long the answers of one badge stay fresh and may be served stale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shelf {
    pub(crate) fresh: Duration,
    pub(crate) stale: Duration,
}

/// Answers one request of a provider.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    plugin: &Plugin,
    request: &Request,
    shelf: Shelf,
    now: SystemTime,
    mode: Mode,
    deadline: Deadline,
) -> Result<Answered, Unanswered> {
    let url = granted(plugin, request)?;
    if request.secret().is_some() {
        // Secrets come with the store; until then no owner has one.
        return Err(Unanswered::Failed(Failure::inaccessible("SECRET_NOT_CONFIGURED", "token required")));
    }
    let key = format!("{} {} {url}", plugin.id, request.accepted().unwrap_or("*/*"));
    let kept = inner.answers.get(&key).filter(|kept| kept.age(now) < shelf.fresh + shelf.stale);
    if let Some(kept) = kept.clone().filter(|kept| kept.is_fresh(now)) {
        return Ok(Answered { key, kept, is_stale: false });
    }
    let stale = kept.clone().map(|kept| Answered { key: key.clone(), kept, is_stale: true });
    if mode == Mode::KeptOnly {
        return stale.ok_or_else(|| Unanswered::Failed(failure(&Fault::Timeout)));
    }
    let ask = ask(url, request, kept.as_deref());
    let flight = inner.fetches.join(
        &key,
        &*inner.world.executor,
        || inner.answers.get(&key).filter(|kept| kept.is_fresh(now)).map(Ok),
        || Box::pin(fetch(Arc::clone(inner), key.clone(), ask, kept.clone(), shelf.fresh, now)),
    );
    let outcome = match select(Box::pin(flight), deadline).await {
        Either::Left((outcome, _)) => outcome.unwrap_or(Err(Fault::Unreachable("the exchange broke off".to_owned()))),
        Either::Right(_) => Err(Fault::Timeout),
    };
    let fault = match outcome {
        Ok(kept) => return Ok(Answered { key, kept, is_stale: false }),
        Err(fault) => fault,
    };
    tracing::warn!(plugin = plugin.id, key, ?fault, kept = stale.is_some(), "an upstream did not answer");
    stale.ok_or_else(|| Unanswered::Failed(failure(&fault)))
}

/// The address, if it is one and plugins.toml grants its origin.
fn granted(plugin: &Plugin, request: &Request) -> Result<Url, Unanswered> {
    let broken = |fault: String| Unanswered::Broken(Broken::Lied(fault));
    let url = request.url().map_err(|fault| match fault {
        BadRequest::Part(_) => {
            Unanswered::Failed(Failure::invalid_parameter("PARAMETER_INVALID", "path", "invalid parameter"))
        }
        fault => broken(format!("it asks for an address that is none: {fault}")),
    })?;
    let url = Url::parse(&url).map_err(|fault| broken(format!("it asks for {url:?}: {fault}")))?;
    let origin = Origin::of_url(&url).map_err(broken)?;
    if plugin.origins.contains(&origin) {
        return Ok(url);
    }
    Err(broken(format!("it asks {origin}, which is not granted; add it to its origins in plugins.toml")))
}

fn ask(url: Url, request: &Request, kept: Option<&Kept>) -> Ask {
    let header = |name: &str| kept.and_then(|kept| kept.headers.get(name).cloned());
    Ask {
        url,
        accept: request.accepted().map(str::to_owned),
        etag: header("etag"),
        last_modified: header("last-modified"),
        largest_body: LARGEST_BODY,
        patience: PATIENCE,
    }
}

/// One exchange, and what is kept of it. Retries and the breaker of the origin belong around this call.
async fn fetch(
    inner: Arc<Inner>,
    key: String,
    ask: Ask,
    before: Option<Arc<Kept>>,
    fresh: Duration,
    now: SystemTime,
) -> Result<Arc<Kept>, Fault> {
    let reply = inner.world.upstream.fetch(ask).await?;
    let kept = match (reply.status, before) {
        (304, Some(before)) => Kept { asked: now, fresh_until: now + fresh, ..Kept::clone(&before) },
        (304, None) => return Err(Fault::Nonsense("304 to a request without conditions".to_owned())),
        (429, _) => return Err(Fault::RateLimited(retry_after(&reply.headers, now))),
        (status @ 500..=599, _) => return Err(Fault::Status(status)),
        (200..=299, before) => keep(reply, now, now + fresh, before),
        (404 | 410, _) => keep(reply, now, now + MISSING_FRESH.min(fresh), None),
        // A refusal says nothing that is worth keeping, but the provider may have words for it.
        (_, _) => return Ok(Arc::new(keep(reply, now, now, None))),
    };
    let kept = Arc::new(kept);
    inner.answers.put(&key, Arc::clone(&kept));
    Ok(kept)
}

fn keep(reply: Reply, now: SystemTime, fresh_until: SystemTime, before: Option<Arc<Kept>>) -> Kept {
    let before = before.map(|before| Arc::new(Kept { before: None, ..Kept::clone(&before) }));
    Kept { status: reply.status, headers: readable(&reply.headers), body: reply.body, asked: now, fresh_until, before }
}

/// The headers a provider may read.
fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let names = [header::CONTENT_TYPE, header::ETAG, header::LAST_MODIFIED, header::LINK, header::RETRY_AFTER];
    let readable = headers
        .iter()
        .filter(|(name, _)| names.contains(name) || name.as_str().starts_with("x-ratelimit-"))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    readable.collect()
}

/// `Retry-After` in seconds, whether it was written as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().or_else(|| {
        let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).ok()?;
        u32::try_from(wait.as_secs()).ok()
    })
}

/// What a reader is told of a fault.
fn failure(fault: &Fault) -> Failure {
    match fault {
        Fault::Unreachable(_) | Fault::Status(_) => {
            Failure::inaccessible("UPSTREAM_UNAVAILABLE", "upstream unavailable")
        }
        Fault::Timeout => Failure::inaccessible("UPSTREAM_TIMEOUT", "upstream unavailable"),
        Fault::TooLarge | Fault::Nonsense(_) => Failure::invalid_response(),
        Fault::RateLimited(after) => {
            let limited = Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited");
            Failure { retry_after: Some(after.unwrap_or(60)), ..limited }
        }
    }
}
