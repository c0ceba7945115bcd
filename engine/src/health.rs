//! `/health`: whether we are here, and with `?deep=1` how everything we rest on is.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Inner,
    request::Pairs,
    response::{Caching, Draft},
};

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    time_stamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugins: Option<Vec<PluginHealth<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breakers: Option<Vec<BreakerHealth>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limits: Option<Vec<RateLimit>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<[CacheHealth; 4]>,
}

#[derive(Serialize)]
struct PluginHealth<'a> {
    id: &'a str,
    version: &'a str,
    status: &'static str,
    /// How many steps did not come back in time; the third takes it out of service until the next start.
    overdue_steps: u32,
}

/// An origin with faults.
#[derive(Serialize)]
struct BreakerHealth {
    origin: String,
    status: &'static str,
    faults_in_a_row: u32,
}

/// An origin that calls a token exhausted; whose token is nobody's business.
#[derive(Serialize)]
struct RateLimit {
    origin: String,
    seconds_left: u32,
}

#[derive(Serialize)]
struct CacheHealth {
    of: &'static str,
    entries: usize,
    bytes: u64,
}

pub(crate) fn answer(inner: &Inner, pairs: &Pairs, now: SystemTime) -> Draft {
    let is_deep = pairs.get("deep").is_some_and(|deep| !matches!(deep, "" | "0" | "false"));
    let breakers = inner.upstreams.breakers.states(now);
    let is_degraded =
        inner.plugins.iter().any(|plugin| plugin.is_out()) || breakers.iter().any(|breaker| breaker.is_open);
    let plugins = inner.plugins.iter().map(|plugin| PluginHealth {
        id: &plugin.id,
        version: &plugin.manifest.version,
        status: if plugin.is_out() { "out of service" } else { "in service" },
        overdue_steps: plugin.strikes(),
    });
    let breakers = breakers.iter().map(|breaker| BreakerHealth {
        origin: breaker.origin.to_string(),
        status: if breaker.is_open { "open" } else { "closed" },
        faults_in_a_row: breaker.faults,
    });
    let rate_limits = inner.upstreams.holds.all(now).into_iter().map(|(token, seconds_left)| RateLimit {
        origin: token.split(' ').next().unwrap_or_default().to_owned(),
        seconds_left,
    });
    let cache = [
        ("answers", inner.upstreams.answers.size()),
        ("documents", inner.web.answers.size()),
        ("badges", inner.finished.size()),
        ("pictures", inner.pictures.size()),
    ];
    let health = Health {
        status: if is_deep && is_degraded { "Degraded" } else { "Healthy" },
        time_stamp: Timestamp::try_from(now).map(|time| time.to_string()).unwrap_or_default(),
        plugins: is_deep.then(|| plugins.collect()),
        breakers: is_deep.then(|| breakers.collect()),
        rate_limits: is_deep.then(|| rate_limits.collect()),
        cache: is_deep.then(|| cache.map(|(of, (entries, bytes))| CacheHealth { of, entries, bytes })),
    };
    // Numbers and strings always have a JSON form.
    Draft::json(200, serde_json::to_string(&health).unwrap_or_default(), Caching::NoStore)
}
