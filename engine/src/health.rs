//! `/health`: whether we are here, and with `?deep=1` how everything we rest on is.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    Inner,
    request::Pairs,
    response::{Caching, Draft},
    store::{Span, Subject},
};

/// How everything is that the engine rests on.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Every plugin, in the order of plugins.toml.
    pub plugins: Vec<PluginHealth>,
    /// The origins with faults, in order.
    pub breakers: Vec<BreakerHealth>,
    /// The origins that call a token exhausted, in order.
    pub rate_limits: Vec<RateLimit>,
    /// What is kept in memory.
    pub cache: [CacheHealth; 4],
}

/// How a plugin is.
#[derive(Clone, Debug, Serialize)]
pub struct PluginHealth {
    /// Its name in plugins.toml.
    pub id: String,
    /// Its manifest's version.
    pub version: String,
    /// Whether it is out of service until the next start.
    #[serde(rename = "status", serialize_with = "service")]
    pub is_out: bool,
    /// How many steps did not come back in time; the third takes it out of service.
    pub overdue_steps: u32,
}

/// An origin with faults.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerHealth {
    /// Scheme, host and port.
    pub origin: String,
    /// Whether it is left alone.
    #[serde(rename = "status", serialize_with = "openness")]
    pub is_open: bool,
    /// How many calls in a row went wrong.
    pub faults_in_a_row: u32,
}

/// An origin that calls a token exhausted; whose token is nobody's business.
#[derive(Clone, Debug, Serialize)]
pub struct RateLimit {
    /// Scheme, host and port.
    pub origin: String,
    /// For how many seconds the token is left alone.
    pub seconds_left: u32,
}

/// How full a cache is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CacheHealth {
    /// What it keeps: `answers`, `documents`, `badges` or `pictures`.
    pub of: &'static str,
    /// How many of them.
    pub entries: usize,
    /// How much memory they take.
    pub bytes: u64,
}

impl Health {
    pub(crate) fn read(inner: &Inner, now: SystemTime) -> Self {
        let plugins = inner.plugins.iter().map(|plugin| PluginHealth {
            id: plugin.id.clone(),
            version: plugin.manifest.version.clone(),
            is_out: plugin.is_out(),
            overdue_steps: plugin.strikes(),
        });
        let breakers = inner.upstreams.breakers.states(now).into_iter().map(|breaker| BreakerHealth {
            origin: breaker.origin.to_string(),
            is_open: breaker.is_open,
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
        Self {
            plugins: plugins.collect(),
            breakers: breakers.collect(),
            rate_limits: rate_limits.collect(),
            cache: cache.map(|(of, (entries, bytes))| CacheHealth { of, entries, bytes }),
        }
    }

    /// Whether a badge may be older or missing because of how things are.
    fn is_degraded(&self) -> bool {
        self.plugins.iter().any(|plugin| plugin.is_out) || self.breakers.iter().any(|breaker| breaker.is_open)
    }
}

#[derive(Serialize)]
struct Shape {
    status: &'static str,
    time_stamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    #[serde(flatten)]
    health: Option<Health>,
}

pub(crate) async fn answer(inner: &Inner, pairs: &Pairs<'_>, now: SystemTime) -> Draft {
    let is_deep = pairs.get("deep").is_some_and(|deep| !matches!(deep, "" | "0" | "false"));
    let health = is_deep.then(|| Health::read(inner, now));
    let answers = if is_deep { Some(store_answers(inner, now).await) } else { None };
    let is_degraded = answers == Some(false) || health.as_ref().is_some_and(Health::is_degraded);
    let shape = Shape {
        status: if is_degraded { "Degraded" } else { "Healthy" },
        store: answers.map(|answers| if answers { "in service" } else { "unavailable" }),
        time_stamp: Timestamp::try_from(now).map(|time| time.to_string()).unwrap_or_default(),
        health,
    };
    // Numbers and strings always have a JSON form.
    Draft::json(200, serde_json::to_string(&shape).unwrap_or_default(), Caching::NoStore)
}

/// Whether the store answers a question that a badge would ask: the results' table where a plugin has results, else
/// what upstreams answered.
async fn store_answers(inner: &Inner, now: SystemTime) -> bool {
    let store = &inner.world.store;
    let collection = inner.plugins.iter().find_map(|plugin| plugin.collections.first());
    match (collection, Subject::new("badgesmith", "health", "none", "none")) {
        (Some(collection), Ok(subject)) => store.history(collection, &subject, Span::LATEST, now).await.is_ok(),
        _ => store.answer("health", now).await.is_ok(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn service<S: Serializer>(is_out: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_out { "out of service" } else { "in service" })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn openness<S: Serializer>(is_open: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_open { "open" } else { "closed" })
}
