//! One exchange with an upstream: retries within one time budget, the circuit breaker, rate-limit holds.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime},
};

use futures_util::future::{Either, select};
use http::{HeaderMap, header};

use crate::{
    door::{Door, Wanted},
    limits::Blame,
    meter::Event,
    origin::Origin,
    world::{Ask, Fault, Reply, World},
};

/// How long an exchange with an upstream may take, its retries included. A caller waits less; what comes later is there
/// for the next.
pub(crate) const BUDGET: Duration = Duration::from_secs(8);
/// How often an exchange with a plugin's upstream is tried after the first time.
pub(crate) const RETRIES: u32 = 3;
/// How long the first retry waits; each further one twice as long.
const BACKOFF: Duration = Duration::from_millis(150);
/// For how many seconds a token is held if the upstream does not say.
const UNSAID_HOLD: u32 = 60;
/// For how long an address on the web that went wrong is not asked again, which is as long as its error is kept.
const FAULT_HOLD: Duration = Duration::from_secs(crate::ERROR_FRESH as u64);

/// How an exchange ended.
enum Ending {
    Answered(Reply),
    /// The fault counts at a breaker.
    Faulty(Fault),
    /// The fault says nothing of the origin, or nobody was asked.
    Failed(Fault),
}

/// Asks until there is an answer, a fault that a retry does not mend, or the request's patience is at its end.
///
/// `is_known` says that an earlier answer is kept.
pub(crate) async fn exchange(
    world: &World,
    door: &Door,
    wanted: &Wanted,
    ask: Ask,
    is_known: bool,
    now: SystemTime,
) -> Result<Reply, Fault> {
    let progress = ask.progress.clone();
    let budget = world.executor.sleep(ask.patience + door.rules.turn_patience);
    let ending = match select(Box::pin(tries(world, door, wanted, ask, is_known, now)), budget).await {
        Either::Left((ending, _)) => ending,
        Either::Right(_) => Ending::Faulty(Fault::Timeout),
    };
    let hop = progress.hop();
    let charged = hop.url.as_ref().map_or_else(|| wanted.origin.clone(), Origin::of_web);
    let is_led_away = charged != wanted.origin;
    match ending {
        Ending::Answered(reply) => {
            door.breakers.answered(&charged);
            if is_led_away {
                door.breakers.answered(&wanted.origin);
            }
            Ok(reply)
        }
        Ending::Faulty(fault) => {
            if is_led_away {
                door.breakers.answered(&wanted.origin);
            }
            let blame = match fault {
                Fault::Unreachable(_) if !hop.is_reached => Blame::Origin,
                // A query makes no other document: it can be anything, and the same document fails.
                _ => Blame::Document(document(hop.url.as_ref().unwrap_or(&wanted.ask.url).path())),
            };
            count(world, door, wanted, &charged, blame, now);
            door.hold_failed(&wanted.token, &fault, FAULT_HOLD, now);
            Err(fault)
        }
        Ending::Failed(fault) => Err(fault),
    }
}

async fn tries(world: &World, door: &Door, wanted: &Wanted, ask: Ask, is_known: bool, now: SystemTime) -> Ending {
    let Wanted { who, token, .. } = wanted;
    let executor = &*world.executor;
    let mut waited = Duration::ZERO;
    let mut retry = 0;
    let mut last = None;
    loop {
        if let Some(refusal) = door.refusal(wanted, is_known, now + waited) {
            return last.map_or(Ending::Failed(refusal), Ending::Faulty);
        }
        let watch = Watch::begin(world, who);
        let outcome = door.who.fetch(ask.clone()).await;
        let verdict = match outcome {
            Ok(reply) => judge(reply, now + waited),
            Err(fault) => Verdict::Fault(fault, None),
        };
        watch.end(verdict.name());
        let (fault, after) = match verdict {
            Verdict::Answer(reply) => return Ending::Answered(reply),
            Verdict::Exhausted(seconds) => {
                let seconds = door.holds.limit(token, seconds, now + waited);
                return Ending::Failed(Fault::RateLimited(Some(seconds)));
            }
            Verdict::Fault(Fault::RateLimited(_), Some(seconds)) => {
                // Callers are not told to wait for longer than the token is on hold.
                let seconds = door.holds.limit(token, seconds, now + waited);
                (Fault::RateLimited(Some(seconds)), Some(seconds))
            }
            // What makes no sense now will make none in a moment, and what is not allowed stays so.
            Verdict::Fault(fault @ (Fault::Nonsense(_) | Fault::TooLarge), _) => {
                door.hold_failed(token, &fault, FAULT_HOLD, now + waited);
                return Ending::Failed(fault);
            }
            Verdict::Fault(fault @ (Fault::NotAllowed(_) | Fault::Busy), _) => return Ending::Failed(fault),
            Verdict::Fault(fault, after) => (fault, after),
        };
        let backoff = BACKOFF * 2_u32.pow(retry);
        let pause =
            after.map_or(backoff.mul_f64(0.5 + executor.spread()), |seconds| Duration::from_secs(seconds.into()));
        if retry == door.rules.retries || waited + pause > ask.patience {
            return Ending::Faulty(fault);
        }
        last = Some(fault);
        executor.sleep(pause).await;
        waited += pause;
        retry += 1;
    }
}

fn count(world: &World, door: &Door, wanted: &Wanted, charged: &Origin, blame: Blame, now: SystemTime) {
    if door.breakers.fault(charged, blame, now) {
        world.meter.note(&Event::Opened { plugin: &wanted.who });
        tracing::error!(origin = %charged, "the circuit breaker is open for a minute after faults in a row");
    }
}

/// What stands for a document in a breaker.
fn document(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// One call of an upstream, which counts however it ends.
struct Watch<'a> {
    world: &'a World,
    who: &'a str,
    began: Duration,
    outcome: &'static str,
}

impl<'a> Watch<'a> {
    fn begin(world: &'a World, who: &'a str) -> Self {
        // Whoever drops a call that has not ended is out of patience.
        Self { world, who, began: world.executor.clock(), outcome: "timeout" }
    }

    fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let took = self.world.executor.clock().saturating_sub(self.began);
        self.world.meter.note(&Event::Called { plugin: self.who, outcome: self.outcome, took });
    }
}

/// What a whole answer says of the upstream.
enum Verdict {
    Answer(Reply),
    /// Trying again may help, after so many seconds if it said so.
    Fault(Fault, Option<u32>),
    /// The token is used up for so many seconds.
    Exhausted(u32),
}

impl Verdict {
    /// The word [`Event::Called`] has for it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Answer(Reply { status: 304, .. }) => "not_modified",
            Self::Answer(Reply { status: 200..=299, .. }) => "answered",
            Self::Answer(Reply { status: 404 | 410, .. }) => "missing",
            Self::Answer(_) => "refused",
            Self::Exhausted(_) | Self::Fault(Fault::RateLimited(_), _) => "rate_limited",
            Self::Fault(Fault::Status(_), _) => "failed",
            Self::Fault(Fault::Unreachable(_), _) => "unreachable",
            Self::Fault(Fault::Timeout, _) => "timeout",
            Self::Fault(Fault::TooLarge, _) => "too_large",
            Self::Fault(Fault::Nonsense(_), _) => "nonsense",
            Self::Fault(Fault::NotAllowed(_), _) => "not_allowed",
            Self::Fault(Fault::Busy, _) => "busy",
        }
    }
}

/// 5xx and 429 are faults. A token is exhausted where the headers that GitHub and others send say so: nothing remaining,
/// or 403 with a time to wait.
fn judge(reply: Reply, now: SystemTime) -> Verdict {
    let after = retry_after(&reply.headers, now);
    let none_left = text(&reply.headers, "x-ratelimit-remaining") == Some("0");
    match reply.status {
        403 | 429 if none_left => {
            let reset = text(&reply.headers, "x-ratelimit-reset").and_then(|text| text.parse::<u64>().ok());
            let clock = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            let until_reset = reset.map(|reset| u32::try_from(reset.saturating_sub(clock)).unwrap_or(u32::MAX).max(1));
            Verdict::Exhausted(until_reset.or(after).unwrap_or(UNSAID_HOLD))
        }
        403 if after.is_some() => Verdict::Exhausted(after.unwrap_or(UNSAID_HOLD)),
        429 => Verdict::Fault(Fault::RateLimited(after), after),
        status @ 500..=599 => Verdict::Fault(Fault::Status(status), after),
        _ => Verdict::Answer(reply),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` in seconds, whether it was written as seconds or as a date. More than fit are as many as fit.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let text = text(headers, header::RETRY_AFTER.as_str())?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u32::MAX));
    }
    let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).ok()?;
    Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
}
