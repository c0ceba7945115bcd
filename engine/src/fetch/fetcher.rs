//! Outgoing requests: the client, the cache of answers, requests in flight, circuit breakers and rate-limit holds.
//!
//! There are two: upstreams that were granted to plugins, and the web, whose addresses callers name. They share this
//! code and nothing else, so that no stranger's document takes the place of what a provider needs.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, Shared, select},
};
use http::{HeaderMap, header};

use crate::{
    Inner,
    cache::{Bounded, Kept},
    exchange::{RETRIES, exchange},
    flight::Flights,
    limits::{Breakers, Holds, LONGEST_HOLD, LONGEST_WEB_HOLD},
    meter::Event,
    origin::Origin,
    world::{Ask, Executor, Fault, Reply, Unavailable, Upstream},
};

/// The largest answer that is kept beyond a restart, in bytes.
const LARGEST_STORED: usize = 1024 * 1024;
/// How long the store may take to say what it kept: it saves a call, and must not cost more than one.
const RECALL_PATIENCE: Duration = Duration::from_millis(700);
/// For how long what is not found is not asked again.
const MISSING_FRESH: Duration = Duration::from_secs(60);

/// How long a visit to the web waits for its turn at the most, its patience left aside.
const TURN_PATIENCE: Duration = Duration::from_secs(2);

/// When a call stops waiting for answers.
pub(crate) type Deadline = Shared<BoxFuture<'static, ()>>;

/// A deadline so long from here.
pub(crate) fn deadline(executor: &dyn Executor, patience: Duration) -> Deadline {
    executor.sleep(patience).shared()
}

/// One way out.
pub(crate) struct Door {
    pub(crate) who: Arc<dyn Upstream>,
    pub(crate) answers: Bounded<Kept>,
    pub(crate) breakers: Breakers,
    pub(crate) holds: Holds,
    fetches: Flights<Result<Arc<Kept>, Fault>>,
    pub(crate) rules: Rules,
}

/// What differs between upstreams that an operator granted and addresses that callers name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How often an exchange is tried after the first time.
    pub(crate) retries: u32,
    /// How long an exchange may wait for its turn.
    pub(crate) turn_patience: Duration,
    /// Whether an address that went wrong is held for a moment. An upstream of a plugin has its breaker.
    holds_failed: bool,
    /// Whether answers are kept beyond a restart.
    is_stored: bool,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// Whether anybody may be asked, or only what is kept is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Ask,
    KeptOnly,
}

/// How long the answers of one badge stay fresh and may be served stale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shelf {
    pub(crate) fresh: Duration,
    pub(crate) stale: Duration,
}

/// What is wanted, and under which names.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// What makes an answer the same.
    pub(crate) key: String,
    /// What its upstream limits: the origin, or an owner's secret there; on the web one address.
    pub(crate) token: String,
    /// What the log calls it.
    pub(crate) shown: String,
    /// Who wants it, for the meter: a plugin, or `web`.
    pub(crate) who: String,
    pub(crate) origin: Origin,
    /// The request, as yet without conditions.
    pub(crate) ask: Ask,
    pub(crate) shelf: Shelf,
}

/// An answer and whether it is older than it should be.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) key: String,
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

impl Door {
    /// The way to upstreams that plugins were granted; its answers take so many bytes of memory.
    pub(crate) fn to_upstreams(who: Arc<dyn Upstream>, bytes: u64) -> Self {
        let rules = Rules { retries: RETRIES, turn_patience: Duration::ZERO, holds_failed: false, is_stored: true };
        Self::new(who, bytes, Breakers::of_upstreams(), Holds::new(LONGEST_HOLD), rules)
    }

    /// The way to what callers name. Nothing is retried there, or a caller could have any address asked several times.
    pub(crate) fn to_web(who: Arc<dyn Upstream>, bytes: u64) -> Self {
        let rules = Rules { retries: 0, turn_patience: TURN_PATIENCE, holds_failed: true, is_stored: false };
        Self::new(who, bytes, Breakers::of_web(), Holds::new(LONGEST_WEB_HOLD), rules)
    }

    fn new(who: Arc<dyn Upstream>, bytes: u64, breakers: Breakers, holds: Holds, rules: Rules) -> Self {
        Self { who, answers: Bounded::new(bytes), breakers, holds, fetches: Flights::new(), rules }
    }

    /// Why nobody is to be asked now, if so. `is_known` says that an earlier answer is kept.
    pub(crate) fn refusal(&self, wanted: &Wanted, is_known: bool, now: SystemTime) -> Option<Fault> {
        let Wanted { origin, token, .. } = wanted;
        let is_open = || self.breakers.is_open(origin, is_known, now);
        let open = || Fault::Unreachable(format!("the circuit breaker of {origin} is open"));
        self.holds.fault(token, now).or_else(|| is_open().then(open))
    }

    /// Holds an address that went wrong, where single addresses are held.
    pub(crate) fn hold_failed(&self, token: &str, fault: &Fault, time: Duration, now: SystemTime) {
        // Who was limited with a time to wait is on hold already.
        let is_held = matches!(fault, Fault::RateLimited(Some(_)));
        if self.rules.holds_failed && !is_held {
            self.holds.fail(token, fault.clone(), time, now);
        }
    }

    /// The answer: kept, under way already, or asked now; an old one rather than none.
    pub(crate) async fn answer(
        door: fn(&Inner) -> &Self,
        inner: &Arc<Inner>,
        wanted: Wanted,
        now: SystemTime,
        mode: Mode,
        deadline: Deadline,
    ) -> Result<Answered, Fault> {
        let this = door(inner);
        let Wanted { key, token, shown, who, shelf, .. } = wanted.clone();
        let supplied = |from| inner.world.meter.note(&Event::Supplied { plugin: &who, from });
        let kept = this.recall(inner, &key, now).await.filter(|kept| kept.age(now) < shelf.fresh + shelf.stale);
        let answered = |kept, is_stale| Answered { key: key.clone(), token: token.clone(), kept, is_stale };
        if let Some(kept) = kept.clone().filter(|kept| kept.is_fresh(now)) {
            supplied("kept");
            return Ok(answered(kept, false));
        }
        if mode == Mode::KeptOnly {
            return kept.map(|kept| answered(kept, true)).ok_or(Fault::Timeout);
        }
        let flight = this.fetches.join(
            &key,
            &*inner.world.executor,
            || this.answers.get(&key).filter(|kept| kept.is_fresh(now)).map(Ok),
            || Box::pin(fetch(door, Arc::clone(inner), wanted, kept.clone(), now)),
        );
        let outcome = match select(Box::pin(flight), deadline).await {
            Either::Left((outcome, _)) => {
                outcome.unwrap_or(Err(Fault::Unreachable("the exchange broke off".to_owned())))
            }
            // Whoever waits for what the upstream told it to wait for is told so.
            Either::Right(_) => Err(this.holds.fault(&token, now).unwrap_or(Fault::Timeout)),
        };
        let fault = match outcome {
            Ok(kept) => {
                supplied("asked");
                return Ok(answered(kept, false));
            }
            // What may not be asked may not be shown either.
            Err(fault @ Fault::NotAllowed(_)) => return Err(fault),
            Err(fault) => fault,
        };
        tracing::warn!(asked = shown, ?fault, kept = kept.is_some(), "an upstream did not answer");
        supplied(if kept.is_some() { "stale" } else { "none" });
        kept.map(|kept| answered(kept, true)).ok_or(fault)
    }

    /// What memory or the store has.
    async fn recall(&self, inner: &Inner, key: &str, now: SystemTime) -> Option<Arc<Kept>> {
        if let Some(kept) = self.answers.get(key) {
            return Some(kept);
        }
        if !self.rules.is_stored {
            return None;
        }
        let asking = inner.world.store.answer(key, now);
        let said = match select(asking, inner.world.executor.sleep(RECALL_PATIENCE)).await {
            Either::Left((said, _)) => said,
            Either::Right(_) => Err(Unavailable("it took too long".to_owned())),
        };
        match said {
            Ok(bytes) => {
                let kept = Arc::new(Kept::from_bytes(&bytes?)?);
                self.answers.put(key, Arc::clone(&kept));
                Some(kept)
            }
            Err(Unavailable(fault)) => {
                tracing::error!(key, fault, "the store does not say what it kept");
                None
            }
        }
    }

    /// Puts the answer of before back in the place of one that made no sense.
    pub(crate) fn distrust(&self, inner: &Inner, answered: &Answered, now: SystemTime) {
        let Answered { key, kept, .. } = answered;
        self.answers.replace(key, kept, kept.before.clone());
        match &kept.before {
            Some(before) => self.store(inner, key, before.to_bytes(), now + Duration::from_secs(24 * 60 * 60)),
            None => self.store(inner, key, kept.to_bytes(), now),
        }
    }

    fn store(&self, inner: &Inner, key: &str, bytes: Bytes, expires: SystemTime) {
        if self.rules.is_stored {
            inner.world.store.keep_answer(key, bytes, expires);
        }
    }
}

/// One exchange, and what is kept of it.
async fn fetch(
    door: fn(&Inner) -> &Door,
    inner: Arc<Inner>,
    wanted: Wanted,
    before: Option<Arc<Kept>>,
    now: SystemTime,
) -> Result<Arc<Kept>, Fault> {
    let Wanted { key, ask, shelf, .. } = wanted.clone();
    let this = door(&inner);
    let header = |name: &str| before.as_ref().and_then(|kept| kept.headers.get(name).cloned());
    let is_known = before.as_ref().is_some_and(|kept| kept.status < 300);
    let ask = Ask { etag: header("etag"), last_modified: header("last-modified"), ..ask };
    let reply = exchange(&inner.world, this, &wanted, ask, is_known, now).await?;
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
        this.store(&inner, &key, kept.to_bytes(), now + shelf.fresh + shelf.stale);
    }
    this.answers.put(&key, Arc::clone(&kept));
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
