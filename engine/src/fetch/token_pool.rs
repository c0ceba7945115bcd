//! Chooses among the server's own tokens: each request uses the token with the most requests left in its rate limit. An
//! exhausted token is not used ("rests") until its limit is reset, and a revoked one is left out.
//!
//! An upstream may have several rate limits, for example one for searches, and names in a header the one that a request
//! counted for. The limit of a new request is guessed from earlier replies to paths with the same first segment.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use url::Url;

use super::{
    limits::LONGEST_HOLD,
    rate_limit::{DEFAULT_HOLD, RateLimit, after},
};
use crate::{
    origin::Origin,
    world::{Credential, Reply},
};

/// The longest rest of a token, so that a wrong clock does not put it out of use for good.
const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long a revoked token is left out, unless the server's secrets change before.
const REVOKED: Duration = Duration::from_secs(60 * 60);
/// After how many refusals in a row, without any other answer in between, a token that has worked counts as revoked.
const REFUSALS: u32 = 3;
/// How many first segments of paths are remembered for an upstream. Callers may choose them.
const MOST_PATHS: usize = 64;
/// How many limits of one upstream are distinguished.
const MOST_LIMITS: usize = 16;
/// How far the reset times in two answers may differ and still mean the same period: they are in whole seconds.
const ROUNDING: Duration = Duration::from_secs(2);
/// The limit that every request counts for.
const EVERY_REQUEST: &str = "";

/// The tokens of all upstreams.
#[derive(Debug, Default)]
pub(crate) struct TokenPools {
    pools: Mutex<HashMap<PoolName, Pool>>,
}

/// The name of a pool: its tokens are for one purpose, at one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolName {
    pub(crate) origin: Origin,
    pub(crate) purpose: String,
}

/// The tokens that a request may be sent with.
#[derive(Clone, Debug)]
pub(crate) struct ServerTokens {
    pub(crate) pool: PoolName,
    pub(crate) tokens: Arc<[ServerToken]>,
}

/// One of the server's own tokens.
#[derive(Clone, Debug)]
pub(crate) struct ServerToken {
    /// Its name in the log ([`Secret::id`](crate::world::Secret::id)).
    pub(crate) id: String,
    /// The token as the request carries it.
    pub(crate) credential: Credential,
}

/// The token that an answer was received with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenName {
    pub(crate) pool: PoolName,
    pub(crate) id: String,
}

/// The token for the next request.
#[derive(Debug)]
pub(crate) enum Next<'a> {
    Token(Turn<'a>),
    /// Every token rests; the seconds until the first one may be used again.
    Resting(u32),
    /// Every token was tried, or is revoked.
    NoneLeft,
}

/// The use of a token for one request; dropping it ends the use.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pools: &'a TokenPools,
    pub(crate) token: ServerToken,
    pool: PoolName,
}

#[derive(Debug, Default)]
struct Pool {
    tokens: HashMap<String, TokenState>,
    /// The names of the limits that requests counted for, by the first segment of their paths.
    limits_of_paths: HashMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct TokenState {
    limits: BTreeMap<String, LimitState>,
    /// How many requests are under way with it.
    under_way: u64,
    /// Whether it got an answer other than 401.
    has_worked: bool,
    /// How many of its latest answers in a row are 401.
    refusals: u32,
    revoked_until: Option<SystemTime>,
}

/// A limit as the last answer to a token described it.
#[derive(Clone, Copy, Debug)]
struct LimitState {
    /// How many requests are left; 0 while it rests.
    remaining: u64,
    /// When the limit is reset.
    reset: SystemTime,
}

impl TokenPools {
    /// Whether all of these tokens are revoked, so that no request can be sent with one.
    pub(crate) fn are_revoked(&self, tokens: &ServerTokens, now: SystemTime) -> bool {
        let pools = self.lock();
        let Some(pool) = pools.get(&tokens.pool) else { return tokens.tokens.is_empty() };
        let is_revoked = |token: &ServerToken| pool.tokens.get(&token.id).is_some_and(|state| state.is_revoked(now));
        tokens.tokens.iter().all(is_revoked)
    }

    /// The next token for a request to this address: one whose limits are unknown, or else the one with the most
    /// requests left. Tokens that were tried already are left out.
    pub(crate) fn next(&self, tokens: &ServerTokens, url: &Url, tried: &[String], now: SystemTime) -> Next<'_> {
        let mut pools = self.lock();
        let pool = pools.entry(tokens.pool.clone()).or_default();
        // The state of tokens that were removed from the secrets is dropped.
        pool.tokens.retain(|id, _| tokens.tokens.iter().any(|token| token.id == *id));
        let counted = pool.limits_of_paths.get(beginning(url));
        let (mut best, mut first_reset) = (None, None::<SystemTime>);
        for (index, token) in tokens.tokens.iter().enumerate() {
            let state = pool.tokens.entry(token.id.clone()).or_default();
            if state.is_revoked(now) {
                continue;
            }
            match state.left(counted, now) {
                Ok(_) if tried.contains(&token.id) => {}
                Ok(left) => best = best.max(Some((left, Reverse(index)))),
                Err(reset) => first_reset = Some(first_reset.map_or(reset, |first| first.min(reset))),
            }
        }
        if let Some((_, Reverse(index))) = best {
            let token = tokens.tokens[index].clone();
            pool.tokens.entry(token.id.clone()).or_default().under_way += 1;
            return Next::Token(Turn { pools: self, token, pool: tokens.pool.clone() });
        }
        first_reset.map_or(Next::NoneLeft, |reset| Next::Resting(seconds_until(reset, now)))
    }

    /// Lets the token rest for this many seconds. Returns the seconds for the caller's `Retry-After`.
    pub(crate) fn rest(&self, name: &TokenName, seconds: u32, now: SystemTime) -> u32 {
        let mut pools = self.lock();
        let state = pools.get_mut(&name.pool).and_then(|pool| pool.tokens.get_mut(&name.id));
        let reset = after(now, seconds);
        state.into_iter().for_each(|state| state.tell(EVERY_REQUEST, LimitState { remaining: 0, reset }, now));
        seconds_until(reset, now)
    }

    /// The origins of tokens that rest, with the seconds left, as `/health?deep=1` shows them.
    pub(crate) fn resting(&self, now: SystemTime) -> Vec<(Origin, u32)> {
        let pools = self.lock();
        let states = pools.iter().flat_map(|(name, pool)| pool.tokens.values().map(|state| (&name.origin, state)));
        let resting = states.filter_map(|(origin, state)| {
            let until = state.limits.values().filter(|limit| limit.remaining == 0 && limit.reset > now);
            Some((origin.clone(), seconds_until(until.map(|limit| limit.reset).max()?, now)))
        });
        resting.collect()
    }

    /// Leaves these tokens out, because another token got a different answer to the same request.
    pub(crate) fn revoke(&self, pool: &PoolName, ids: &[String], now: SystemTime) {
        let mut pools = self.lock();
        let Some(found) = pools.get_mut(pool) else { return };
        for id in ids {
            found.tokens.get_mut(id).into_iter().for_each(|state| state.revoke(pool, id, now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PoolName, Pool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The token's name.
    pub(crate) fn name(&self) -> TokenName {
        TokenName { pool: self.pool.clone(), id: self.token.id.clone() }
    }

    /// Updates the token's state from the reply to a request to this address. Returns the seconds for which the token
    /// rests, if the request was refused because of a rate limit.
    pub(crate) fn learn(&self, url: &Url, reply: &Reply, now: SystemTime) -> Option<u32> {
        let limit = RateLimit::read(&reply.headers, now);
        let refused = limit.refused_seconds(reply);
        let mut pools = self.pools.lock();
        let pool = pools.get_mut(&self.pool)?;
        // If the request was refused although requests are left, the refusal applies to every use of the token.
        let is_whole = refused.is_some() && !limit.is_exhausted();
        let counted = if is_whole { EVERY_REQUEST } else { pool.counted(url, limit.resource) };
        let state = pool.tokens.get_mut(&self.token.id)?;
        if reply.status == 401 {
            state.refusals += 1;
            if !state.has_worked || state.refusals >= REFUSALS {
                state.revoke(&self.pool, &self.token.id, now);
            }
            // The limit in the headers of a 401 is that of requests without a token.
            return None;
        }
        (state.has_worked, state.refusals) = (true, 0);
        let seconds = refused.or_else(|| limit.exhausted_seconds());
        let told = match (seconds, limit.remaining) {
            (Some(seconds), _) => Some(LimitState { remaining: 0, reset: after(now, seconds) }),
            (None, Some(remaining)) => {
                Some(LimitState { remaining, reset: after(now, limit.reset.unwrap_or(DEFAULT_HOLD)) })
            }
            (None, None) => None,
        };
        told.into_iter().for_each(|told| state.tell(counted, told, now));
        refused.map(|seconds| seconds_until(after(now, seconds), now))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut pools = self.pools.lock();
        let state = pools.get_mut(&self.pool).and_then(|pool| pool.tokens.get_mut(&self.token.id));
        state.into_iter().for_each(|state| state.under_way = state.under_way.saturating_sub(1));
    }
}

impl Pool {
    /// The name of the limit that a request counted for. It is remembered for requests to paths with the same first
    /// segment.
    fn counted<'a>(&mut self, url: &Url, resource: &'a str) -> &'a str {
        if resource.is_empty() {
            return EVERY_REQUEST;
        }
        let path = beginning(url);
        if self.limits_of_paths.len() < MOST_PATHS || self.limits_of_paths.contains_key(path) {
            let limits = self.limits_of_paths.entry(path.to_owned()).or_default();
            if limits.len() < MOST_LIMITS {
                limits.insert(resource.to_owned());
            }
        }
        resource
    }
}

impl TokenState {
    fn is_revoked(&self, now: SystemTime) -> bool {
        self.revoked_until.is_some_and(|until| now < until)
    }

    fn revoke(&mut self, pool: &PoolName, id: &str, now: SystemTime) {
        if !self.is_revoked(now) {
            let PoolName { origin, purpose } = pool;
            tracing::error!(
                %origin,
                purpose,
                token = id,
                "an upstream refuses one of the server's tokens; it is left out for an hour: remove it with \
                 `badgesmith secret remove --owner '*' --purpose … --id …`"
            );
        }
        self.revoked_until = Some(now + REVOKED);
    }

    /// How many requests are left under these limits, or under every known limit if `counted` is `None`. The error is
    /// the time of the reset if none are left.
    fn left(&self, counted: Option<&BTreeSet<String>>, now: SystemTime) -> Result<u64, SystemTime> {
        let is_counted = |name: &String| name.is_empty() || counted.is_none_or(|counted| counted.contains(name));
        let known = self.limits.iter().filter(|(name, limit)| is_counted(name) && limit.reset > now);
        let (mut least, mut reset) = (u64::MAX, None);
        for (_, limit) in known {
            // Requests that are under way may use up what is left.
            let left = limit.remaining.saturating_sub(self.under_way);
            least = least.min(left);
            if left == 0 {
                reset = reset.max(Some(limit.reset));
            }
        }
        reset.map_or(Ok(if least == u64::MAX { u64::MAX - self.under_way } else { least }), Err)
    }

    /// Stores the limit from an answer. Answers may arrive in another order than their requests were sent, so of two
    /// answers about the same period the one with fewer requests left counts, and a rest is never shortened.
    fn tell(&mut self, counted: &str, told: LimitState, now: SystemTime) {
        let mut told = LimitState { reset: told.reset.min(now + LONGEST_REST), ..told };
        let is_known = self.limits.contains_key(counted) || self.limits.len() < MOST_LIMITS;
        let counted = if is_known { counted } else { EVERY_REQUEST };
        if let Some(before) = self.limits.get(counted).filter(|before| before.reset > now) {
            if before.remaining == 0 || told.reset <= before.reset + ROUNDING {
                told.remaining = told.remaining.min(before.remaining);
            }
            if told.remaining == 0 {
                told.reset = told.reset.max(before.reset);
            }
        }
        self.limits.insert(counted.to_owned(), told);
    }
}

/// The first segment of the path.
fn beginning(url: &Url) -> &str {
    url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default()
}

/// The seconds until a time: at least one, and at most the longest `Retry-After` that callers get.
fn seconds_until(time: SystemTime, now: SystemTime) -> u32 {
    let wait = time.duration_since(now).unwrap_or_default().min(LONGEST_HOLD).as_secs_f64().ceil();
    (wait as u32).max(1)
}

#[cfg(test)]
mod tests;
