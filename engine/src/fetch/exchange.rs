//! HTTP exchanges with upstreams: retries within one time budget, the circuit breaker, rate-limit holds.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::{Either, select};

use super::{
    limits::{Blame, Breakers, Holds, LONGEST_HOLD, LONGEST_WEB_HOLD},
    rate_limit::RateLimit,
    token_pool::TokenPools,
    upstream_request::UpstreamRequest,
};
use crate::{
    caching::ERROR_FRESH,
    meter::{Event, ExchangeOutcome, Meter},
    origin::Origin,
    world::{Ask, Executor, Fault, Reply, Upstream, World},
};

/// How long an exchange with a plugin's upstream may take, retries included. A caller's timeout is shorter; an answer
/// that arrives later is cached for the next caller.
pub(crate) const BUDGET: Duration = Duration::from_secs(8);
/// How often an exchange with a plugin's upstream is retried.
const RETRIES: u32 = 3;
/// How long the first retry waits; each further one waits twice as long.
const BACKOFF: Duration = Duration::from_millis(150);
/// How long an address on the web that failed is on hold: as long as its error is cached.
const FAULT_HOLD: Duration = Duration::from_secs(ERROR_FRESH as u64);
/// How long an exchange with the web may wait for a connection permit, in addition to its own timeout.
const WEB_PERMIT_PATIENCE: Duration = Duration::from_secs(2);

/// HTTP exchanges with one kind of upstreams: the origins that plugins.toml grants to plugins, or the addresses that
/// callers name.
pub(crate) struct Exchanges {
    client: Arc<dyn Upstream>,
    pub(crate) executor: Arc<dyn Executor>,
    meter: Arc<dyn Meter>,
    pub(crate) breakers: Breakers,
    pub(crate) holds: Holds,
    /// Chooses among the server's own tokens.
    pub(crate) pools: TokenPools,
    retries: u32,
    /// How long an exchange may wait for a connection permit.
    permit_patience: Duration,
    /// Whether an address that failed is put on hold. Upstreams of plugins need only the circuit breaker.
    holds_after_fault: bool,
}

/// How an exchange ended.
enum Ending {
    Answered(Reply),
    /// A fault that the circuit breaker counts.
    CountedFault(Fault),
    /// A fault that the circuit breaker does not count, or nothing was sent.
    UncountedFault(Fault),
}

impl Exchanges {
    /// Exchanges with upstreams that were granted to plugins.
    pub(crate) fn with_upstreams(world: &World) -> Self {
        Self {
            client: Arc::clone(&world.upstream),
            executor: Arc::clone(&world.executor),
            meter: Arc::clone(&world.meter),
            breakers: Breakers::of_upstreams(),
            holds: Holds::new(LONGEST_HOLD),
            pools: TokenPools::default(),
            retries: RETRIES,
            permit_patience: Duration::ZERO,
            holds_after_fault: false,
        }
    }

    /// Exchanges with addresses that callers name. They are not retried, because a caller could use retries to multiply
    /// the requests to any address.
    pub(crate) fn with_web(world: &World) -> Self {
        Self {
            client: Arc::clone(&world.web),
            breakers: Breakers::of_web(),
            holds: Holds::new(LONGEST_WEB_HOLD),
            retries: 0,
            permit_patience: WEB_PERMIT_PATIENCE,
            holds_after_fault: true,
            ..Self::with_upstreams(world)
        }
    }

    /// Sends a request, with retries, until there is an answer, a fault that is not worth a retry, or the timeout.
    ///
    /// `has_good_answer` says that an earlier successful answer is cached.
    pub(crate) async fn exchange(
        &self,
        request: &UpstreamRequest,
        ask: Ask,
        has_good_answer: bool,
        now: SystemTime,
    ) -> Result<Reply, Fault> {
        let progress = ask.progress.clone();
        let budget = self.executor.sleep(ask.patience + self.permit_patience);
        let ending = match select(Box::pin(self.tries(request, ask, has_good_answer, now)), budget).await {
            Either::Left((ending, _)) => ending,
            Either::Right(_) => Ending::CountedFault(Fault::Timeout),
        };
        let hop = progress.hop();
        let charged = hop.url.as_ref().map_or_else(|| request.origin.clone(), Origin::of_web);
        let is_redirected = charged != request.origin;
        match ending {
            Ending::Answered(reply) => {
                self.breakers.answered(&charged);
                if is_redirected {
                    self.breakers.answered(&request.origin);
                }
                Ok(reply)
            }
            Ending::CountedFault(fault) => {
                if is_redirected {
                    self.breakers.answered(&request.origin);
                }
                let blame = match fault {
                    Fault::Unreachable(_) if !hop.is_reached => Blame::Origin,
                    // The query is left out: a caller could vary it to make one document count as many.
                    _ => Blame::Document(hash(hop.url.as_ref().unwrap_or(&request.ask.url).path())),
                };
                if self.breakers.fault(&charged, blame, now) {
                    self.meter.note(&Event::Opened { plugin: &request.client });
                    tracing::error!(origin = %charged, "the circuit breaker is open for a minute after faults in a row");
                }
                self.hold_after_fault(&request.rate_limit_key, &fault, now);
                Err(fault)
            }
            Ending::UncountedFault(fault) => Err(fault),
        }
    }

    async fn tries(&self, request: &UpstreamRequest, ask: Ask, has_good_answer: bool, now: SystemTime) -> Ending {
        let UpstreamRequest { client, rate_limit_key, .. } = request;
        let retries = if request.is_repeatable { self.retries } else { 0 };
        let mut waited = Duration::ZERO;
        let mut retry = 0;
        let mut last = None;
        loop {
            if let Some(refusal) = self.refusal(request, has_good_answer, now + waited) {
                return last.map_or(Ending::UncountedFault(refusal), Ending::CountedFault);
            }
            let watch = Watch::begin(self, client);
            let outcome = self.client.fetch(ask.clone()).await;
            let verdict = match outcome {
                Ok(reply) => judge(reply, request.tokens.is_some(), now + waited),
                Err(fault) => Verdict::Fault(fault, None),
            };
            watch.end(verdict.outcome());
            let (fault, after) = match verdict {
                Verdict::Answer(reply) | Verdict::TokenExhausted(reply) => return Ending::Answered(reply),
                Verdict::Exhausted(seconds) => {
                    let seconds = self.holds.limit(rate_limit_key, seconds, now + waited);
                    return Ending::UncountedFault(Fault::RateLimited(Some(seconds)));
                }
                Verdict::Fault(Fault::RateLimited(_), Some(seconds)) => {
                    // `Retry-After` for callers is not longer than the hold.
                    let seconds = self.holds.limit(rate_limit_key, seconds, now + waited);
                    (Fault::RateLimited(Some(seconds)), Some(seconds))
                }
                // A retry would have the same result.
                Verdict::Fault(fault @ (Fault::Nonsense(_) | Fault::TooLarge), _) => {
                    self.hold_after_fault(rate_limit_key, &fault, now + waited);
                    return Ending::UncountedFault(fault);
                }
                Verdict::Fault(fault @ (Fault::NotAllowed(_) | Fault::Busy), _) => {
                    return Ending::UncountedFault(fault);
                }
                Verdict::Fault(fault, after) => (fault, after),
            };
            let backoff = BACKOFF * 2_u32.pow(retry);
            let pause = after
                .map_or(backoff.mul_f64(0.5 + self.executor.spread()), |seconds| Duration::from_secs(seconds.into()));
            if retry == retries || waited + pause > ask.patience {
                return Ending::CountedFault(fault);
            }
            last = Some(fault);
            self.executor.sleep(pause).await;
            waited += pause;
            retry += 1;
        }
    }

    /// The fault to return without a request, if the breaker is open or a hold applies. `has_good_answer` says that an
    /// earlier answer is cached.
    fn refusal(&self, request: &UpstreamRequest, has_good_answer: bool, now: SystemTime) -> Option<Fault> {
        let UpstreamRequest { origin, rate_limit_key, .. } = request;
        let is_open = || self.breakers.is_open(origin, has_good_answer, now);
        let open = || Fault::Unreachable(format!("the circuit breaker of {origin} is open"));
        self.holds.fault(rate_limit_key, now).or_else(|| is_open().then(open))
    }

    /// Puts an address that failed on hold, if these exchanges do so.
    fn hold_after_fault(&self, rate_limit_key: &str, fault: &Fault, now: SystemTime) {
        // After a rate limit with a time the key is on hold already.
        let is_held = matches!(fault, Fault::RateLimited(Some(_)));
        if self.holds_after_fault && !is_held {
            self.holds.fail(rate_limit_key, fault.clone(), FAULT_HOLD, now);
        }
    }
}

/// The hash of a document for the circuit breaker.
fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// One request to an upstream. It is counted in the metrics even if it is dropped.
struct Watch<'a> {
    exchanges: &'a Exchanges,
    client: &'a str,
    began: Duration,
    outcome: ExchangeOutcome,
}

impl<'a> Watch<'a> {
    fn begin(exchanges: &'a Exchanges, client: &'a str) -> Self {
        // A request is dropped before its end only after a timeout.
        Self { exchanges, client, began: exchanges.executor.clock(), outcome: ExchangeOutcome::Timeout }
    }

    fn end(mut self, outcome: ExchangeOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let took = self.exchanges.executor.clock().saturating_sub(self.began);
        self.exchanges.meter.note(&Event::Called { plugin: self.client, outcome: self.outcome, took });
    }
}

/// The verdict on a complete reply.
enum Verdict {
    Answer(Reply),
    /// A retry may help, after the seconds of `Retry-After` if there are any.
    Fault(Fault, Option<u32>),
    /// The rate limit is exhausted for this many seconds.
    Exhausted(u32),
    /// The rate limit of one of the server's own tokens is exhausted; another token is tried next.
    TokenExhausted(Reply),
}

impl Verdict {
    const fn outcome(&self) -> ExchangeOutcome {
        match self {
            Self::Answer(Reply { status: 304, .. }) => ExchangeOutcome::NotModified,
            Self::Answer(Reply { status: 200..=299, .. }) => ExchangeOutcome::Answered,
            Self::Answer(Reply { status: 404 | 410, .. }) => ExchangeOutcome::Missing,
            Self::Answer(_) => ExchangeOutcome::Refused,
            Self::Exhausted(_) | Self::TokenExhausted(_) | Self::Fault(Fault::RateLimited(_), _) => {
                ExchangeOutcome::RateLimited
            }
            Self::Fault(Fault::Status(_), _) => ExchangeOutcome::Failed,
            Self::Fault(Fault::Unreachable(_), _) => ExchangeOutcome::Unreachable,
            Self::Fault(Fault::Timeout, _) => ExchangeOutcome::Timeout,
            Self::Fault(Fault::TooLarge, _) => ExchangeOutcome::TooLarge,
            Self::Fault(Fault::Nonsense(_), _) => ExchangeOutcome::Nonsense,
            Self::Fault(Fault::NotAllowed(_), _) => ExchangeOutcome::NotAllowed,
            Self::Fault(Fault::Busy, _) => ExchangeOutcome::Busy,
        }
    }
}

/// 5xx and 429 are faults. A rate-limit key is exhausted if the headers that GitHub and others send say so: no requests
/// remaining, or status 403 with a time to wait. `has_turns` says that the request carries one of the server's own
/// tokens.
fn judge(reply: Reply, has_turns: bool, now: SystemTime) -> Verdict {
    let limit = RateLimit::read(&reply.headers, now);
    let (refused, after) = (limit.refused_seconds(&reply), limit.retry_after);
    let is_exhausted = limit.is_exhausted();
    match (reply.status, refused) {
        (_, Some(_)) if has_turns => Verdict::TokenExhausted(reply),
        (429, _) if !is_exhausted => Verdict::Fault(Fault::RateLimited(after), after),
        (_, Some(seconds)) => Verdict::Exhausted(seconds),
        (status @ 500..=599, _) => Verdict::Fault(Fault::Status(status), after),
        _ => Verdict::Answer(reply),
    }
}
