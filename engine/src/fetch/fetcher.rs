//! The cache of upstream answers, with single flight and conditional requests; it returns stale answers when an
//! upstream fails.
//!
//! There are two fetchers: one for upstreams that were granted to plugins, one for addresses on the web that callers
//! name. They share no state, so that documents that callers name do not evict the answers that providers need.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::SentWith;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderValue};

use super::{
    cached_answer::CachedAnswer,
    exchange::Exchanges,
    marks::{Marks, Source},
    private_rule::missing,
    turns::Turned,
    upstream_request::{Mode, Pass, UpstreamRequest},
};
use crate::{
    bounded::Bounded,
    caching::{ERROR_FRESH, MISSING_FRESH},
    flight::Flights,
    meter::{AnswerSource, Event},
    store::MarkedAnswer,
    world::{Ask, Credential, CredentialPlace, Executor, Fault, Meter, Reply, Store, Unavailable, World},
};

/// The largest answer that is written to the store, in bytes.
const LARGEST_STORED: usize = 1024 * 1024;
/// How long the store may take to return a cached answer. It must not take longer than the request that it saves.
const STORE_PATIENCE: Duration = Duration::from_millis(700);
/// How long a restored answer stays in the store after the provider found the newer one invalid: a day.
const DISTRUSTED_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long an optional request is not sent again after it got no answer, or an answer that is not cached.
const NONE_FRESH: Duration = Duration::from_secs(ERROR_FRESH as u64);
/// How long the answer that a resource does not exist is fresh.
const MISSING_ANSWER_FRESH: Duration = Duration::from_secs(MISSING_FRESH as u64);

/// Sends requests to upstreams of one kind and caches their answers.
pub(crate) struct Fetcher {
    pub(crate) exchanges: Exchanges,
    pub(crate) answers: Bounded<CachedAnswer>,
    pub(crate) marks: Arc<Marks>,
    flights: Flights<Result<Arc<CachedAnswer>, Fault>>,
    /// The store for answers; `None` if they are cached in memory only.
    store: Option<Arc<dyn Store>>,
    executor: Arc<dyn Executor>,
    meter: Arc<dyn Meter>,
}

/// An answer, and whether it is stale.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) key: String,
    pub(crate) rate_limit_key: String,
    pub(crate) answer: Arc<CachedAnswer>,
    pub(crate) is_stale: bool,
    /// Whose secret the request carries.
    pub(crate) sent_with: Option<SentWith>,
    /// Whether it came from the fetcher for addresses that callers name.
    pub(crate) is_web: bool,
    /// The subject of the answer, if its request named one.
    pub(crate) about: Option<Arc<str>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotFetched {
    /// The exchange failed, or no request may be sent.
    Fault(Fault),
    /// Work of the engine panicked or was dropped.
    BrokeOff,
}

impl Fetched {
    /// An answer from the store, which is used for this request only.
    pub(crate) fn recorded(answer: CachedAnswer) -> Self {
        Self {
            key: String::new(),
            rate_limit_key: String::new(),
            answer: Arc::new(answer),
            is_stale: false,
            sent_with: None,
            is_web: false,
            about: None,
        }
    }

    /// The substitute for the answer to an optional request that got none: status 503 with an empty body. A badge that
    /// depends on it is cached for a short time only, and then the request is sent again.
    pub(crate) fn none(now: SystemTime) -> Self {
        let reply = Reply { status: 503, ..Reply::default() };
        Self::recorded(CachedAnswer::new(reply, now, now + NONE_FRESH, None))
    }

    /// The answer, if a mark can make it stale.
    pub(crate) fn source(&self) -> Option<Source> {
        Some(Source { about: Arc::clone(self.about.as_ref()?), asked: self.answer.asked })
    }

    /// Whether it came from the store.
    pub(crate) fn is_recorded(&self) -> bool {
        self.key.is_empty()
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetcher")
    }
}

impl Fetcher {
    /// A fetcher for upstreams that plugins were granted, with a cache of this size in bytes.
    pub(crate) fn of_upstreams(world: &World, bytes: u64) -> Arc<Self> {
        Self::new(world, Exchanges::with_upstreams(world), bytes, Some(Arc::clone(&world.store)))
    }

    /// A fetcher for addresses on the web that callers name, with a cache of this size in bytes.
    pub(crate) fn of_web(world: &World, bytes: u64) -> Arc<Self> {
        Self::new(world, Exchanges::with_web(world), bytes, None)
    }

    fn new(world: &World, exchanges: Exchanges, bytes: u64, store: Option<Arc<dyn Store>>) -> Arc<Self> {
        Arc::new(Self {
            exchanges,
            answers: Bounded::new(bytes),
            marks: Arc::default(),
            flights: Flights::new(),
            store,
            executor: Arc::clone(&world.executor),
            meter: Arc::clone(&world.meter),
        })
    }

    /// The answer to a request.
    pub(crate) async fn fetch(self: &Arc<Self>, request: UpstreamRequest, pass: &Pass) -> Result<Fetched, NotFetched> {
        let UpstreamRequest { key, rate_limit_key, log_name, client, freshness, private, about, .. } = request.clone();
        let sent_with = request.sent_with();
        let now = pass.now;
        let supplied = |from| self.meter.note(&Event::Supplied { plugin: &client, from });
        let cached = self.recall(&request, now).await;
        let cached = cached.filter(|cached| cached.age(now) < freshness.fresh + freshness.stale);
        let fetched = |answer: Arc<CachedAnswer>, is_stale| {
            let is_hidden = private.as_ref().is_some_and(|rule| rule.hides(&answer));
            Fetched {
                key: key.clone(),
                rate_limit_key: rate_limit_key.clone(),
                answer: if is_hidden { Arc::new(missing(&answer)) } else { answer },
                is_stale,
                sent_with,
                is_web: false,
                about: about.clone(),
            }
        };
        let is_marked =
            |answer: &CachedAnswer| about.as_ref().is_some_and(|about| self.marks.is_stale(about, answer.asked));
        let is_usable = |answer: &CachedAnswer| answer.is_fresh(now) && !is_marked(answer);
        if let Some(cached) = cached.clone().filter(|cached| is_usable(cached)) {
            supplied(AnswerSource::Kept);
            tracing::debug!(asked = log_name, age = ?cached.age(now), "a fresh answer from the cache");
            return Ok(fetched(cached, false));
        }
        if pass.mode == Mode::CachedOnly {
            return cached.map(|cached| fetched(cached, true)).ok_or(NotFetched::Fault(Fault::Timeout));
        }
        let fly = async || {
            let flight = self.flights.join(
                &key,
                &*self.executor,
                || self.answers.get(&key).filter(|cached| is_usable(cached)).map(Ok),
                || Box::pin(Arc::clone(self).ask(request.clone(), cached.clone(), now)),
            );
            match select(Box::pin(flight), pass.deadline.clone()).await {
                Either::Left((outcome, _)) => outcome.ok_or(NotFetched::BrokeOff),
                // A rate limit with a time is passed on to the caller.
                Either::Right(_) => Ok(Err(self.exchanges.holds.fault(&rate_limit_key, now).unwrap_or(Fault::Timeout))),
            }
        };
        let mut outcome = fly().await;
        if matches!(&outcome, Ok(Ok(answer)) if is_marked(answer)) {
            // The request was under way when the mark was made. A request that is sent now is newer than the mark, even
            // if both have the same time.
            outcome = fly().await;
        }
        let fault = match outcome {
            Ok(Ok(answer)) => {
                supplied(AnswerSource::Asked);
                return Ok(fetched(answer, false));
            }
            // The cached answer of an address that is not allowed must not be shown either.
            Ok(Err(fault @ Fault::NotAllowed(_))) => return Err(NotFetched::Fault(fault)),
            Ok(Err(fault)) => NotFetched::Fault(fault),
            Err(broke_off) => broke_off,
        };
        tracing::warn!(asked = log_name, ?fault, kept = cached.is_some(), "an upstream did not answer");
        supplied(if cached.is_some() { AnswerSource::Stale } else { AnswerSource::None });
        cached.map(|cached| fetched(cached, true)).ok_or(fault)
    }

    /// The answer to an optional request, without which the call can go on. After a fault, and after an answer that is
    /// not cached, the request is not sent again for a short time: the badge that sends it may not be cached, and would
    /// send it for each reader.
    pub(crate) async fn fetch_optional(
        self: &Arc<Self>,
        request: UpstreamRequest,
        pass: &Pass,
    ) -> Result<Fetched, NotFetched> {
        let (key, now) = (format!("optional {}", request.key), pass.now);
        let sent_with = request.sent_with();
        let is_marked = |asked| request.about.as_ref().is_some_and(|about| self.marks.is_stale(about, asked));
        let missed = self.answers.get(&key).filter(|answer| answer.is_fresh(now) && !is_marked(answer.asked));
        if let Some(missed) = missed {
            return Ok(Fetched { sent_with, ..Fetched::recorded(CachedAnswer::clone(&missed)) });
        }
        let fetched = self.fetch(request, pass).await;
        let missed = match &fetched {
            Ok(Fetched { answer, is_stale: false, .. }) if answer.fresh_until > answer.asked => None,
            Ok(Fetched { answer, .. }) => Some(CachedAnswer::clone(answer)),
            Err(_) => Some(CachedAnswer::clone(&Fetched::none(now).answer)),
        };
        if let Some(missed) = missed.filter(|_| pass.mode == Mode::Ask) {
            self.answers.put(&key, Arc::new(CachedAnswer { fresh_until: now + NONE_FRESH, ..missed }));
        }
        fetched
    }

    /// Sends the request, and caches its answer.
    async fn ask(
        self: Arc<Self>,
        request: UpstreamRequest,
        before: Option<Arc<CachedAnswer>>,
        now: SystemTime,
    ) -> Result<Arc<CachedAnswer>, Fault> {
        let UpstreamRequest { key, ask, freshness, .. } = request.clone();
        // HTTP has no conditional POST.
        let comparable = before.as_ref().filter(|_| ask.body.is_none());
        let header = |name: &str| comparable.and_then(|before| before.headers.get(name).cloned());
        let has_good_answer = before.as_ref().is_some_and(|before| before.status < 300);
        let ask = Ask { etag: header("etag"), last_modified: header("last-modified"), ..ask };
        let (is_conditional, credential) = (ask.body.is_none(), ask.credential.clone());
        let Turned { mut reply, credential, token } = match &request.tokens {
            Some(tokens) => self.exchanges.exchange_in_turn(&request, tokens, ask, has_good_answer, now).await?,
            None => {
                let reply = self.exchanges.exchange(&request, ask, has_good_answer, now).await?;
                Turned { reply, credential, token: None }
            }
        };
        let token = token.map(Arc::new);
        hide(credential.as_ref(), &mut reply.headers);
        let fresh_until = now + freshness.fresh;
        let missing_until = now + MISSING_ANSWER_FRESH.min(freshness.fresh);
        let mut answer = match (reply.status, before) {
            (304, Some(before)) if is_conditional => {
                CachedAnswer { asked: now, fresh_until, ..CachedAnswer::clone(&before) }
            }
            (304, _) => return Err(Fault::Nonsense("304 to a request without conditions".to_owned())),
            (200..=299, before) => CachedAnswer::new(reply, now, fresh_until, before),
            (404 | 410, _) => CachedAnswer::new(reply, now, missing_until, None),
            // An answer with any other status is passed on without being cached: the provider may end the call with a
            // failure for it.
            (_, _) => {
                let answer = CachedAnswer::new(reply, now, now, None);
                return Ok(Arc::new(CachedAnswer { token, ..answer }));
            }
        };
        if let Some(noted) = &request.noted {
            noted.note(&answer, now);
        }
        let is_hidden = request.private.as_ref().is_some_and(|rule| rule.hides(&answer));
        if is_hidden {
            (answer.fresh_until, answer.before) = (missing_until, None);
        }
        let answer = Arc::new(CachedAnswer { token, ..answer });
        if !is_hidden && answer.status < 300 && answer.body.len() <= LARGEST_STORED {
            self.store(&key, answer.to_bytes(), fresh_until + freshness.stale);
        }
        self.answers.put(&key, Arc::clone(&answer));
        Ok(answer)
    }

    /// The answer in memory or in the store. The store also returns the time of the mark, if there is one.
    async fn recall(&self, request: &UpstreamRequest, now: SystemTime) -> Option<Arc<CachedAnswer>> {
        let UpstreamRequest { key, log_name, about, .. } = request;
        if let Some(cached) = self.answers.get(key) {
            return Some(cached);
        }
        let store = self.store.as_ref()?;
        let asking = async {
            match about {
                Some(about) => store.answer_about(key, about, now).await,
                None => Ok(MarkedAnswer { answer: store.answer(key, now).await?, stale_since: None }),
            }
        };
        let stored = match select(Box::pin(asking), self.executor.sleep(STORE_PATIENCE)).await {
            Either::Left((stored, _)) => stored,
            Either::Right(_) => Err(Unavailable("it took too long".to_owned())),
        };
        match stored {
            Ok(MarkedAnswer { answer, stale_since }) => {
                if let (Some(about), Some(at)) = (about, stale_since) {
                    // The clock of the computer that made the mark may be ahead. Requests from now on are newer than
                    // the mark in any case.
                    self.marks.note(about, at.min(now - Duration::from_nanos(1)));
                }
                let cached = Arc::new(CachedAnswer::from_bytes(&answer?)?);
                self.answers.put(key, Arc::clone(&cached));
                Some(cached)
            }
            Err(Unavailable(fault)) => {
                tracing::error!(asked = log_name, fault, "the store does not return cached answers");
                None
            }
        }
    }

    /// Begins a hold of this many seconds on the rate limit that the answer's request counted for: that of one of the
    /// server's own tokens, which is then not used, or that of the rate-limit key.
    pub(crate) fn limit(&self, fetched: &Fetched, seconds: u32, now: SystemTime) {
        match &fetched.answer.token {
            Some(token) => self.exchanges.pools.rest(token, seconds, now),
            None => self.exchanges.holds.limit(&fetched.rate_limit_key, seconds, now),
        };
    }

    /// Replaces an answer that the provider found invalid by the one before it.
    pub(crate) fn restore_previous(&self, fetched: &Fetched, now: SystemTime) {
        let Fetched { key, answer, .. } = fetched;
        self.answers.replace(key, answer, answer.before.clone());
        match &answer.before {
            Some(before) => self.store(key, before.to_bytes(), now + DISTRUSTED_LIFE),
            None => self.store(key, answer.to_bytes(), now),
        }
    }

    /// Makes an invalid answer expire sooner, so that a corrected one is fetched soon.
    pub(crate) fn shorten_freshness(&self, fetched: &Fetched, fresh_until: SystemTime) {
        let Fetched { key, answer, .. } = fetched;
        let doubted = CachedAnswer { fresh_until, ..CachedAnswer::clone(answer) };
        self.answers.replace(key, answer, Some(Arc::new(doubted)));
    }

    fn store(&self, key: &str, bytes: Bytes, expires: SystemTime) {
        if let Some(store) = &self.store {
            store.keep_answer(key, bytes, expires);
        }
    }
}

/// Removes a secret that was sent in the query from the headers of the reply: the `Link` to the next page may repeat
/// the whole query.
fn hide(credential: Option<&Credential>, headers: &mut HeaderMap) {
    let Some(Credential { place: CredentialPlace::Query(_), value, .. }) = credential else { return };
    let encoded: String = form_urlencoded::byte_serialize(value.reveal().as_bytes()).collect();
    for header in headers.values_mut() {
        let text = String::from_utf8_lossy(header.as_bytes());
        let hidden = text.replace(value.reveal(), "").replace(&encoded, "");
        if hidden != text {
            *header = HeaderValue::from_str(&hidden).unwrap_or(HeaderValue::from_static(""));
        }
    }
}
