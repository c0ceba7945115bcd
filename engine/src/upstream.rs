//! A provider's request becomes an answer: granted, kept, asked once, and stale rather than none.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Auth, BadRequest, Failure, Request, Scheme};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future::{Either, select};
use http::{HeaderMap, header};
use url::Url;

use crate::{
    Inner,
    cache::Kept,
    drive::{Broken, Deadline},
    exchange::{BUDGET, Whom, exchange},
    meter::Event,
    origin::Origin,
    plugins::Plugin,
    world::{Ask, Fault, Reply, Secret, Unavailable},
};

/// The largest body of an upstream's answer, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// The largest answer that is kept beyond a restart, in bytes.
const LARGEST_STORED: usize = 1024 * 1024;
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
    /// What its upstream limits: the origin, or an owner's secret there.
    pub(crate) token: String,
    pub(crate) kept: Arc<Kept>,
    pub(crate) is_stale: bool,
}

impl Answered {
    /// What our own store says; it holds for this request only.
    pub(crate) fn recorded(kept: Kept) -> Self {
        Self { key: String::new(), token: String::new(), kept: Arc::new(kept), is_stale: false }
    }

    /// Whether it is our own store that said so.
    pub(crate) fn is_recorded(&self) -> bool {
        self.key.is_empty()
    }
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
    let (url, origin) = granted(plugin, request)?;
    let authorization = authorization(inner, plugin, request, &origin).await?;
    let owner = request.secret().map(|auth| format!(" {} of {}", auth.secret, auth.owner.to_lowercase()));
    let owner = owner.unwrap_or_default();
    let key = format!("{} {} {url}{owner}", plugin.id, request.accepted().unwrap_or("*/*"));
    let token = format!("{origin}{owner}");
    let kept = recall(inner, &key, now).await.filter(|kept| kept.age(now) < shelf.fresh + shelf.stale);
    if let Some(kept) = kept.clone().filter(|kept| kept.is_fresh(now)) {
        supplied(inner, plugin, "kept");
        return Ok(Answered { key, token, kept, is_stale: false });
    }
    let stale = kept.clone().map(|kept| Answered { key: key.clone(), token: token.clone(), kept, is_stale: true });
    if mode == Mode::KeptOnly {
        return stale.ok_or_else(|| Unanswered::Failed(failure(&Fault::Timeout)));
    }
    let ask = ask(url, request, authorization, kept.as_deref());
    let whom = Whom { plugin: plugin.id.clone(), origin, token: token.clone() };
    let asking = Asking { key: key.clone(), whom, ask, before: kept, shelf, now };
    let flight = inner.fetches.join(
        &key,
        &*inner.world.executor,
        || inner.answers.get(&key).filter(|kept| kept.is_fresh(now)).map(Ok),
        || Box::pin(fetch(Arc::clone(inner), asking)),
    );
    let outcome = match select(Box::pin(flight), deadline).await {
        Either::Left((outcome, _)) => outcome.unwrap_or(Err(Fault::Unreachable("the exchange broke off".to_owned()))),
        // Whoever waits for what the upstream told it to wait for is told so.
        Either::Right(_) => {
            Err(inner.holds.seconds(&token, now).map_or(Fault::Timeout, |seconds| Fault::RateLimited(Some(seconds))))
        }
    };
    let fault = match outcome {
        Ok(kept) => {
            supplied(inner, plugin, "asked");
            return Ok(Answered { key, token, kept, is_stale: false });
        }
        Err(fault) => fault,
    };
    tracing::warn!(plugin = plugin.id, key, ?fault, kept = stale.is_some(), "an upstream did not answer");
    supplied(inner, plugin, if stale.is_some() { "stale" } else { "none" });
    stale.ok_or_else(|| Unanswered::Failed(failure(&fault)))
}

fn supplied(inner: &Inner, plugin: &Plugin, from: &'static str) {
    inner.world.meter.note(&Event::Supplied { plugin: &plugin.id, from });
}

/// What memory or the store has.
async fn recall(inner: &Inner, key: &str, now: SystemTime) -> Option<Arc<Kept>> {
    if let Some(kept) = inner.answers.get(key) {
        return Some(kept);
    }
    match inner.world.store.answer(key, now).await {
        Ok(bytes) => {
            let kept = Arc::new(Kept::from_bytes(&bytes?)?);
            inner.answers.put(key, Arc::clone(&kept));
            Some(kept)
        }
        Err(Unavailable(fault)) => {
            tracing::error!(key, fault, "the store does not say what it kept");
            None
        }
    }
}

/// Puts the answer of before back in the place of one that made no sense.
pub(crate) fn distrust(inner: &Inner, answered: &Answered, now: SystemTime) {
    let Answered { key, kept, .. } = answered;
    inner.answers.replace(key, kept, kept.before.clone());
    match &kept.before {
        Some(before) => inner.world.store.keep_answer(key, before.to_bytes(), now + Duration::from_secs(24 * 60 * 60)),
        None => inner.world.store.keep_answer(key, kept.to_bytes(), now),
    }
}

/// The address, if it is one and plugins.toml grants its origin.
fn granted(plugin: &Plugin, request: &Request) -> Result<(Url, Origin), Unanswered> {
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
        return Ok((url, origin));
    }
    Err(broken(format!("it asks {origin}, which is not granted; add it to its origins in plugins.toml")))
}

/// The `Authorization` header, if the request names a secret. It goes to the origin that plugins.toml binds it to and
/// nowhere else.
async fn authorization(
    inner: &Inner,
    plugin: &Plugin,
    request: &Request,
    origin: &Origin,
) -> Result<Option<Secret>, Unanswered> {
    let Some(Auth { secret: name, owner, scheme }) = request.secret() else { return Ok(None) };
    let broken = |fault: String| Unanswered::Broken(Broken::Lied(fault));
    let Some((purpose, bound)) = plugin.secrets.get(name) else {
        return Err(broken(format!("it asks with the secret {name:?}, which plugins.toml does not grant")));
    };
    if bound != origin {
        return Err(broken(format!("it sends the secret {name:?} to {origin}; plugins.toml binds it to {bound}")));
    }
    let owner = owner.to_lowercase();
    let secrets = inner.world.secrets.find(&owner, None, purpose).await.map_err(|Unavailable(fault)| {
        tracing::error!(plugin = plugin.id, fault, "secrets cannot be looked up");
        Unanswered::Failed(Failure::inaccessible("STORE_UNAVAILABLE", "secrets unavailable"))
    })?;
    let Some(secret) = secrets.first() else {
        return Err(Unanswered::Failed(Failure::inaccessible("SECRET_NOT_CONFIGURED", "token not configured")));
    };
    let value = secret.reveal();
    Ok(Some(Secret::new(match scheme {
        Scheme::Bearer => format!("Bearer {value}"),
        Scheme::Basic => format!("Basic {}", BASE64_STANDARD.encode(format!("{owner}:{value}"))),
    })))
}

fn ask(url: Url, request: &Request, authorization: Option<Secret>, kept: Option<&Kept>) -> Ask {
    let header = |name: &str| kept.and_then(|kept| kept.headers.get(name).cloned());
    Ask {
        url,
        accept: request.accepted().map(str::to_owned),
        authorization,
        etag: header("etag"),
        last_modified: header("last-modified"),
        largest_body: LARGEST_BODY,
        patience: BUDGET,
    }
}

/// What a flight needs to know, whoever waits for it.
struct Asking {
    key: String,
    whom: Whom,
    ask: Ask,
    before: Option<Arc<Kept>>,
    shelf: Shelf,
    now: SystemTime,
}

/// One exchange, and what is kept of it.
async fn fetch(inner: Arc<Inner>, asking: Asking) -> Result<Arc<Kept>, Fault> {
    let Asking { key, whom, ask, before, shelf, now } = asking;
    let reply = exchange(&inner, &whom, ask, now).await?;
    let kept = match (reply.status, before) {
        (304, Some(before)) => Kept { asked: now, fresh_until: now + shelf.fresh, ..Kept::clone(&before) },
        (304, None) => return Err(Fault::Nonsense("304 to a request without conditions".to_owned())),
        (200..=299, before) => keep(reply, now, now + shelf.fresh, before),
        (404 | 410, _) => keep(reply, now, now + MISSING_FRESH.min(shelf.fresh), None),
        // A refusal says nothing that is worth keeping, but the provider may have words for it.
        (_, _) => return Ok(Arc::new(keep(reply, now, now, None))),
    };
    let kept = Arc::new(kept);
    if kept.status < 300 && kept.body.len() <= LARGEST_STORED {
        inner.world.store.keep_answer(&key, kept.to_bytes(), now + shelf.fresh + shelf.stale);
    }
    inner.answers.put(&key, Arc::clone(&kept));
    Ok(kept)
}

fn keep(reply: Reply, now: SystemTime, fresh_until: SystemTime, before: Option<Arc<Kept>>) -> Kept {
    let before = before.map(|before| Arc::new(Kept { before: None, ..Kept::clone(&before) }));
    Kept { status: reply.status, headers: readable(&reply.headers), body: reply.body, asked: now, fresh_until, before }
}

/// The headers a provider may read.
pub fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let names = [header::CONTENT_TYPE, header::ETAG, header::LAST_MODIFIED, header::LINK, header::RETRY_AFTER];
    let readable = headers
        .iter()
        .filter(|(name, _)| names.contains(name) || name.as_str().starts_with("x-ratelimit-"))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    readable.collect()
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
