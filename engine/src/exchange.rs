//! One exchange with an upstream, as patiently as the rules allow: retries, one budget, the breaker, exhausted tokens.

use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use http::{HeaderMap, header};

use crate::{
    door::{Door, Wanted},
    meter::Event,
    world::{Ask, Fault, Reply, World},
};

/// How long an exchange with an upstream may take, its retries included. A caller waits less; what comes later is there
/// for the next.
pub(crate) const BUDGET: Duration = Duration::from_secs(8);
/// How often an exchange is tried after the first time.
const RETRIES: u32 = 3;
/// How long the first retry waits; each further one twice as long.
const BACKOFF: Duration = Duration::from_millis(150);
/// For how many seconds a token is held if the upstream does not say.
const UNSAID_HOLD: u32 = 60;

/// Asks until there is an answer, a fault that a retry does not mend, or the request's patience is at its end.
pub(crate) async fn exchange(
    world: &World,
    door: &Door,
    wanted: &Wanted,
    ask: Ask,
    now: SystemTime,
) -> Result<Reply, Fault> {
    let budget = world.executor.sleep(ask.patience);
    match select(Box::pin(tries(world, door, wanted, ask, now)), budget).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => {
            count(world, door, wanted, now);
            Err(Fault::Timeout)
        }
    }
}

async fn tries(world: &World, door: &Door, wanted: &Wanted, ask: Ask, now: SystemTime) -> Result<Reply, Fault> {
    let Wanted { who, origin, token, .. } = wanted;
    let executor = &*world.executor;
    let mut waited = Duration::ZERO;
    let mut retry = 0;
    loop {
        if let Some(seconds) = door.holds.seconds(token, now + waited) {
            return Err(Fault::RateLimited(Some(seconds)));
        }
        if door.breakers.is_open(origin, now + waited) {
            return Err(Fault::Unreachable(format!("{origin} is left alone after faults in a row")));
        }
        let watch = Watch::begin(world, who);
        let outcome = door.who.fetch(ask.clone()).await;
        let verdict = match outcome {
            Ok(reply) => judge(reply, now + waited),
            Err(fault) => Verdict::Fault(fault, None),
        };
        watch.end(verdict.name());
        let (fault, after) = match verdict {
            Verdict::Answer(reply) => {
                door.breakers.answered(origin);
                return Ok(reply);
            }
            Verdict::Exhausted(seconds) => {
                door.holds.hold(token, seconds, now + waited);
                return Err(Fault::RateLimited(Some(seconds)));
            }
            // What makes no sense now will make none in a moment, and what is not allowed stays so.
            Verdict::Fault(fault @ (Fault::Nonsense(_) | Fault::TooLarge | Fault::NotAllowed(_)), _) => {
                return Err(fault);
            }
            Verdict::Fault(fault, after) => (fault, after),
        };
        count(world, door, wanted, now + waited);
        let backoff = BACKOFF * 2_u32.pow(retry);
        let pause =
            after.map_or(backoff.mul_f64(0.5 + executor.spread()), |seconds| Duration::from_secs(seconds.into()));
        if let (Fault::RateLimited(_), Some(seconds)) = (&fault, after) {
            door.holds.hold(token, seconds, now + waited);
        }
        if retry == RETRIES || waited + pause > ask.patience {
            return Err(fault);
        }
        executor.sleep(pause).await;
        waited += pause;
        retry += 1;
    }
}

fn count(world: &World, door: &Door, wanted: &Wanted, now: SystemTime) {
    let Wanted { who, origin, .. } = wanted;
    if door.breakers.fault(origin, now) {
        world.meter.note(&Event::Opened { plugin: who });
        tracing::error!(%origin, "an upstream is left alone for a minute after faults in a row");
    }
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

/// `Retry-After` in seconds, whether it was written as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let text = text(headers, header::RETRY_AFTER.as_str())?;
    text.parse().ok().or_else(|| {
        let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).ok()?;
        u32::try_from(wait.as_secs()).ok()
    })
}
