//! `/health`: that the server runs, and with `?deep=1` the state of plugins, upstreams, caches and dependencies;
//! `/health/live` and `/health/ready`, for supervisors and load balancers.

use std::{
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use badgesmith_provider::Manifest;
use futures_util::future::join;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    answer::Answer, caching::Caching, dependency::UnhealthySince, error::Error, events::SubscriptionHealth,
    parts::Parts, plugins::Ingest, queue_gauge::QueueHealth, request::Incoming,
};

/// The state of plugins, upstreams and caches.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Every plugin, in the order of plugins.toml.
    pub plugins: Vec<PluginHealth>,
    /// The circuit breakers of all origins with faults, sorted by origin.
    pub breakers: Vec<BreakerHealth>,
    /// The rate-limit holds of tokens, sorted by origin.
    pub rate_limits: Vec<RateLimit>,
    /// The caches in memory.
    pub cache: [CacheHealth; 4],
    /// The subscriptions whose events this process sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionHealth>,
}

/// The state of a plugin.
#[derive(Clone, Debug, Serialize)]
pub struct PluginHealth {
    /// Its name in plugins.toml.
    pub id: String,
    /// Its manifest's version.
    pub version: String,
    /// Whether it is out of service until the next start.
    #[serde(rename = "status", serialize_with = "service")]
    pub is_out: bool,
    /// How many of its steps were overdue; the third takes it out of service.
    pub overdue_steps: u32,
}

/// The circuit breaker of an origin with faults.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerHealth {
    /// Scheme, host and port.
    pub origin: String,
    /// Whether the breaker is open, so that no request is sent.
    #[serde(rename = "status", serialize_with = "openness")]
    pub is_open: bool,
    /// The number of consecutive faults.
    pub faults_in_a_row: u32,
}

/// A rate-limit hold. It does not show whose secret is exhausted, because `/health` is public.
#[derive(Clone, Debug, Serialize)]
pub struct RateLimit {
    /// Scheme, host and port.
    pub origin: String,
    /// The remaining seconds of the hold.
    pub seconds_left: u32,
}

/// The size of a cache.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CacheHealth {
    /// What it contains: `answers`, `documents`, `badges` or `pictures`; the last includes finished responses.
    pub of: &'static str,
    /// The number of entries.
    pub entries: usize,
    /// The size of all entries.
    pub bytes: u64,
}

/// The names of the caches, in the order of [`Health::cache`].
pub const CACHES: [&str; 4] = ["answers", "documents", "badges", "pictures"];

impl Health {
    pub(crate) fn read(parts: &Parts, now: SystemTime) -> Self {
        let plugins = parts.plugins.all().iter().map(|plugin| PluginHealth {
            id: plugin.id.clone(),
            version: plugin.manifest.version.clone(),
            is_out: plugin.is_out(),
            overdue_steps: plugin.strikes(),
        });
        let breakers = parts.caller.upstreams.exchanges.breakers.states(now).into_iter().map(|breaker| BreakerHealth {
            origin: breaker.origin.to_string(),
            is_open: breaker.is_open,
            faults_in_a_row: breaker.faults,
        });
        let exchanges = &parts.caller.upstreams.exchanges;
        let held = exchanges.holds.all(now).into_iter().map(|(key, seconds_left)| RateLimit {
            origin: key.split(' ').next().unwrap_or_default().to_owned(),
            seconds_left,
        });
        let resting = exchanges.pools.resting(now).into_iter();
        let resting = resting.map(|(origin, seconds_left)| RateLimit { origin: origin.to_string(), seconds_left });
        let mut rate_limits: Vec<_> = held.chain(resting).collect();
        rate_limits.sort_by(|one, other| (&one.origin, one.seconds_left).cmp(&(&other.origin, other.seconds_left)));
        let cache = [
            ("answers", parts.caller.upstreams.answers.size()),
            ("documents", parts.web.answers.size()),
            ("badges", parts.badges.size()),
            ("pictures", parts.pictures()),
        ];
        Self {
            plugins: plugins.collect(),
            breakers: breakers.collect(),
            rate_limits,
            cache: cache.map(|(of, (entries, bytes))| CacheHealth { of, entries, bytes }),
            subscriptions: parts.outbox.posts.all(),
        }
    }

    /// Whether a plugin is out of service or a breaker is open, so that badges may be stale or missing.
    fn is_degraded(&self) -> bool {
        self.plugins.iter().any(|plugin| plugin.is_out) || self.breakers.iter().any(|breaker| breaker.is_open)
    }
}

/// The name of the queue in which reports wait.
const REPORTS: &str = "reports";

#[derive(Serialize)]
struct HealthBody {
    status: &'static str,
    time_stamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<[DependencyHealth; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queues: Vec<QueueHealth>,
    #[serde(flatten)]
    health: Option<Health>,
}

/// The state of a dependency of reports. The cause of a failure is only logged.
#[derive(Serialize)]
struct DependencyHealth {
    name: &'static str,
    status: &'static str,
    /// When it became unavailable.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

impl DependencyHealth {
    fn new(name: &'static str, unhealthy_since: UnhealthySince) -> Self {
        let status = if unhealthy_since.is_some() { "unavailable" } else { "in service" };
        Self { name, status, since: unhealthy_since.map(text) }
    }
}

/// Answers `/health`. The status is 503 if a plugin takes reports and a dependency of them is unavailable.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>) -> Result<Answer, Error> {
    let now = incoming.now;
    let is_deep = incoming.pairs.get("deep").is_some_and(|deep| !matches!(deep, "" | "0" | "false"));
    let health = is_deep.then(|| Health::read(parts, now));
    let (dependencies, queues) = if is_deep {
        let (dependencies, queues) = join(dependencies(parts, now), queues(parts)).await;
        (Some(dependencies), queues)
    } else {
        (None, Vec::new())
    };
    // If reports are recorded from a queue, none can be accepted without it.
    let is_needed = |queue: &QueueHealth| parts.ingest == Ingest::Queue && queue.name == REPORTS;
    let is_out = |queue: &QueueHealth| queue.depth.is_none();
    let is_unhealthy = dependencies.iter().flatten().any(|dependency| dependency.since.is_some())
        || queues.iter().any(|queue| is_needed(queue) && is_out(queue));
    let is_degraded = is_unhealthy || queues.iter().any(is_out) || health.as_ref().is_some_and(Health::is_degraded);
    let takes = |manifest: &Manifest| !manifest.reports.is_empty() || !manifest.hooks.is_empty();
    let takes_reports = parts.plugins.all().iter().any(|plugin| takes(&plugin.manifest));
    let body = HealthBody {
        status: if is_degraded { "Degraded" } else { "Healthy" },
        time_stamp: text(now),
        dependencies,
        queues,
        health,
    };
    // Numbers and strings always have a JSON form.
    let body = serde_json::to_string(&body).unwrap_or_default();
    Ok(Answer::json(if is_unhealthy && takes_reports { 503 } else { 200 }, body, Caching::NoStore))
}

/// Answers `/health/live` with 200, which shows that the process answers.
pub(crate) fn liveness() -> Answer {
    Answer::json(200, r#"{"status":"Alive"}"#.to_owned(), Caching::NoStore)
}

/// Answers `/health/ready`: 503 if the process stops, or if the store does not answer. The plugins are loaded before a
/// server listens.
pub(crate) async fn readiness(parts: &Parts, now: SystemTime) -> Result<Answer, Error> {
    let (status, words) = if parts.is_stopping.load(Ordering::Relaxed) {
        (503, "Stopping")
    } else if store(parts, now).await.is_some() {
        (503, "StoreUnavailable")
    } else {
        (200, "Ready")
    };
    Ok(Answer::json(status, format!(r#"{{"status":"{words}"}}"#), Caching::NoStore))
}

/// Checks the store.
async fn store(parts: &Parts, now: SystemTime) -> UnhealthySince {
    let store = Arc::clone(&parts.world.store);
    parts.store.check(now, &parts.world.executor, move || Box::pin(async move { store.check().await })).await
}

/// Checks the store and the secrets.
async fn dependencies(parts: &Parts, now: SystemTime) -> [DependencyHealth; 2] {
    let secrets = Arc::clone(&parts.world.secrets);
    let executor = &parts.world.executor;
    let (store, secrets) = join(
        store(parts, now),
        parts.secrets.check(now, executor, move || Box::pin(async move { secrets.check().await })),
    )
    .await;
    [DependencyHealth::new(parts.store.name, store), DependencyHealth::new(parts.secrets.name, secrets)]
}

/// How full the queues are, if the engine has a gauge for them.
async fn queues(parts: &Parts) -> Vec<QueueHealth> {
    match &parts.queue_gauge {
        Some(gauge) => gauge.read().await,
        None => Vec::new(),
    }
}

/// A time in RFC 3339.
fn text(time: SystemTime) -> String {
    Timestamp::try_from(time).map(|time| time.to_string()).unwrap_or_default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn service<S: Serializer>(is_out: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_out { "out of service" } else { "in service" })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn openness<S: Serializer>(is_open: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_open { "open" } else { "closed" })
}
