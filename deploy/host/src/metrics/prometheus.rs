//! Metrics in Prometheus' text format, for a server that is scraped.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::answer_tally::AnswerTally;
use crate::unix_time::unix_milliseconds;
use badgesmith_engine::{
    Engine,
    world::{Event, Meter},
};
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};

/// The media type of the text.
pub const MEDIA_TYPE: &str = prometheus::TEXT_FORMAT;

/// Buckets for the duration of responses, in seconds: from a cached badge to the time limit for a badge.
const ANSWERS: [f64; 9] = [0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 3.5];
/// Buckets for the duration of upstream calls, in seconds, up to their time limit.
const CALLS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 8.0];
/// Buckets for the duration of providers' steps, in seconds, up to their time limit.
const STEPS: [f64; 8] = [0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.0];
/// Buckets for the duration of attempts to send events, in seconds, up to their time limit.
const SENDS: [f64; 7] = [0.01, 0.05, 0.1, 0.5, 1.0, 3.0, 10.0];
/// The route label of a request that no route matches.
const NO_ROUTE: &str = "none";
/// How many outcomes of reports and deliveries get a label of their own, since providers have codes of their own; the
/// others are `OTHER`.
const MOST_OUTCOMES: usize = 64;
const OTHER: &str = "OTHER";

/// The metrics since the process started. Label values come from this code, plugins.toml and manifests only, so callers
/// cannot create new ones.
#[derive(Debug)]
pub struct Prometheus {
    registry: Registry,
    /// The answers that are not in the counters yet.
    tally: AnswerTally,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    drawn: IntCounterVec,
    badges: IntCounterVec,
    answers: IntCounterVec,
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    step_seconds: HistogramVec,
    openings: IntCounterVec,
    reports: IntCounterVec,
    limited: IntCounterVec,
    deliveries: IntCounterVec,
    events: IntCounterVec,
    sent: IntCounterVec,
    sent_seconds: HistogramVec,
    waiting: IntGaugeVec,
    queue_age: IntGaugeVec,
    outcomes: Mutex<BTreeSet<String>>,
    breakers: IntGaugeVec,
    plugins: IntGaugeVec,
    entries: IntGaugeVec,
    bytes: IntGaugeVec,
}

/// A metric that the prometheus crate refused.
#[derive(Debug)]
pub struct MetricsError(prometheus::Error);

impl fmt::Display for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the metrics cannot be made: {}", self.0)
    }
}

impl Error for MetricsError {}

impl Prometheus {
    /// Metrics with nothing counted yet; `version` is the binary's.
    ///
    /// # Errors
    /// The prometheus crate refuses a metric, which is a mistake in this file.
    pub fn new(version: &str) -> Result<Self, MetricsError> {
        Self::build(version).map_err(MetricsError)
    }

    fn build(version: &str) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counter = |name, help, labels: &[&str]| add(&registry, IntCounterVec::new(Opts::new(name, help), labels)?);
        let gauge = |name, help, labels: &[&str]| add(&registry, IntGaugeVec::new(Opts::new(name, help), labels)?);
        let seconds = |name, help, bounds: &[f64], labels: &[&str]| {
            let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
            add(&registry, HistogramVec::new(options, labels)?)
        };
        gauge("badgesmith_build_info", "The version that runs.", &["version"])?.with_label_values(&[version]).set(1);
        Ok(Self {
            requests: counter("badgesmith_requests_total", "Requests answered.", &["route", "status"])?,
            request_seconds: seconds(
                "badgesmith_request_duration_seconds",
                "How long an answer took, all in all.",
                &ANSWERS,
                &["route"],
            )?,
            drawn: counter("badgesmith_badges_drawn_total", "Badges drawn, those of errors included.", &["format"])?,
            badges: counter(
                "badgesmith_provider_badges_total",
                "Badges of providers: kept from before, made now, or stale because an upstream failed.",
                &["plugin", "cache"],
            )?,
            answers: counter(
                "badgesmith_provider_answers_total",
                "What providers asked for: kept from before, asked of an upstream, stale because it failed, or none.",
                &["plugin", "cache"],
            )?,
            calls: counter(
                "badgesmith_upstream_calls_total",
                "Calls of upstreams, each try counted.",
                &["plugin", "outcome"],
            )?,
            call_seconds: seconds(
                "badgesmith_upstream_call_duration_seconds",
                "How long a call of an upstream took.",
                &CALLS,
                &["plugin"],
            )?,
            step_seconds: seconds(
                "badgesmith_step_duration_seconds",
                "How long a provider's step took.",
                &STEPS,
                &["plugin", "outcome"],
            )?,
            openings: counter(
                "badgesmith_breaker_openings_total",
                "How often an upstream was left alone after faults in a row.",
                &["plugin"],
            )?,
            reports: counter(
                "badgesmith_reports_total",
                "Reports by what was to prove them (signature, token, none) and by what became of them: ACCEPTED, or \
                 the code of the refusal.",
                &["plugin", "proof", "outcome"],
            )?,
            limited: counter(
                "badgesmith_rate_limited_total",
                "Requests refused because their client, or the owner of a report, sends more than it may.",
                &["limit"],
            )?,
            deliveries: counter(
                "badgesmith_deliveries_total",
                "Deliveries of webhooks by what became of them: RECORDED, DUPLICATE, IGNORED, PONG, or the code of the \
                 refusal.",
                &["plugin", "event", "outcome"],
            )?,
            events: counter(
                "badgesmith_events_total",
                "Events that wait for their receivers or that nobody wants, by their names.",
                &["event"],
            )?,
            sent: counter(
                "badgesmith_event_deliveries_total",
                "Attempts to send events: delivered, failed (and sent again), dead (failed for good), ended by the \
                 receiver.",
                &["subscription", "outcome"],
            )?,
            sent_seconds: seconds(
                "badgesmith_event_delivery_duration_seconds",
                "How long an attempt to send an event took.",
                &SENDS,
                &["subscription"],
            )?,
            waiting: gauge("badgesmith_events_waiting", "How many events wait for a receiver.", &["subscription"])?,
            queue_age: gauge(
                "badgesmith_event_queue_age_seconds",
                "For how long the oldest event has waited for its receiver.",
                &["subscription"],
            )?,
            outcomes: Mutex::default(),
            breakers: gauge("badgesmith_breaker_open", "1 while an upstream is left alone.", &["origin"])?,
            plugins: gauge("badgesmith_plugin_in_service", "0 once a plugin's steps did not come back.", &["plugin"])?,
            entries: gauge("badgesmith_cache_entries", "How many values are kept in memory.", &["cache"])?,
            bytes: gauge("badgesmith_cache_bytes", "How much memory kept values take.", &["cache"])?,
            tally: AnswerTally::default(),
            registry,
        })
    }

    /// All metrics, with gauges of the state of `engine` at `now`, in Prometheus' text format 0.0.4.
    #[must_use]
    pub fn text(&self, engine: &Engine, now: SystemTime) -> String {
        self.count_answers();
        let health = engine.health(now);
        // The health lists only origins with failures; the gauges of the others are 0.
        for origin in engine.plugins().iter().flat_map(|plugin| &plugin.origins) {
            self.breakers.with_label_values(&[&*origin.to_string()]).set(0);
        }
        for breaker in &health.breakers {
            self.breakers.with_label_values(&[&*breaker.origin]).set(breaker.is_open.into());
        }
        for plugin in &health.plugins {
            self.plugins.with_label_values(&[&*plugin.id]).set((!plugin.is_out).into());
        }
        for cache in &health.cache {
            self.entries.with_label_values(&[cache.of]).set(i64::try_from(cache.entries).unwrap_or(i64::MAX));
            self.bytes.with_label_values(&[cache.of]).set(i64::try_from(cache.bytes).unwrap_or(i64::MAX));
        }
        for post in &health.subscriptions {
            self.waiting.with_label_values(&[&*post.name]).set(i64::try_from(post.waiting).unwrap_or(i64::MAX));
            let now = badgesmith_provider::Timestamp::nearest(unix_milliseconds(now));
            self.queue_age.with_label_values(&[&*post.name]).set(post.age_seconds(now));
        }
        // Encoding fails only for a metric without a name or a value.
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// Adds the counts of the threads to the counters.
    fn count_answers(&self) {
        self.tally.take(|answers| {
            let route = route_label(&answers.route);
            self.requests.with_label_values(&[route, answers.status.as_str()]).inc_by(answers.count);
            if let Some(format) = answers.format {
                self.drawn.with_label_values(&[format.name()]).inc_by(answers.count);
            }
            if let Some(cache) = answers.cache {
                self.badges.with_label_values(&[&*answers.plugin, cache.name()]).inc_by(answers.count);
            }
        });
    }

    /// The outcome itself, or `OTHER` once there are too many different ones.
    fn bounded<'a>(&self, outcome: &'a str) -> &'a str {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes.contains(outcome) {
            return outcome;
        }
        if outcomes.len() >= MOST_OUTCOMES {
            return OTHER;
        }
        outcomes.insert(outcome.to_owned());
        outcome
    }
}

impl Meter for Prometheus {
    fn note(&self, event: &Event<'_>) {
        match *event {
            Event::Answered { status, line, took } => {
                let route = route_label(&line.route);
                self.tally.note(status, line, took, || self.request_seconds.with_label_values(&[route]).local());
            }
            Event::Stepped { plugin, outcome, took } => {
                self.step_seconds.with_label_values(&[plugin, outcome.name()]).observe(took.as_secs_f64());
            }
            Event::Supplied { plugin, from } => self.answers.with_label_values(&[plugin, from.name()]).inc(),
            Event::Called { plugin, outcome, took } => {
                self.calls.with_label_values(&[plugin, outcome.name()]).inc();
                self.call_seconds.with_label_values(&[plugin]).observe(took.as_secs_f64());
            }
            Event::Opened { plugin } => self.openings.with_label_values(&[plugin]).inc(),
            Event::Reported { plugin, proof, outcome } => {
                self.reports.with_label_values(&[plugin, proof, self.bounded(outcome)]).inc();
            }
            Event::RateLimited { limit } => self.limited.with_label_values(&[limit.name()]).inc(),
            Event::Told { event } => self.events.with_label_values(&[event]).inc(),
            Event::Sent { subscription, outcome, took } => {
                self.sent.with_label_values(&[subscription, outcome]).inc();
                self.sent_seconds.with_label_values(&[subscription]).observe(took.as_secs_f64());
            }
            Event::Delivered { plugin, event, outcome } => {
                self.deliveries.with_label_values(&[plugin, event, self.bounded(outcome)]).inc();
            }
        }
    }
}

fn route_label(route: &str) -> &str {
    if route.is_empty() { NO_ROUTE } else { route }
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_cannot_create_any_number_of_outcomes() {
        let counts = Prometheus::new("1.2.3").unwrap();
        counts.note(&Event::Reported { plugin: "p", proof: "token", outcome: "ACCEPTED" });
        for number in 0..1000 {
            counts.note(&Event::Reported { plugin: "p", proof: "token", outcome: &format!("CODE_{number}") });
        }
        counts.note(&Event::Reported { plugin: "p", proof: "token", outcome: "ACCEPTED" });
        counts.note(&Event::Delivered { plugin: "p", event: "other", outcome: "NEW" });
        counts.note(&Event::Delivered { plugin: "p", event: "push", outcome: "ACCEPTED" });
        let text = TextEncoder::new().encode_to_string(&counts.registry.gather()).unwrap();
        let reports: Vec<_> = text.lines().filter(|line| line.starts_with("badgesmith_reports_total{")).collect();
        assert_eq!(reports.len(), MOST_OUTCOMES + 1, "{text}");
        assert!(
            reports.contains(&r#"badgesmith_reports_total{outcome="OTHER",plugin="p",proof="token"} 937"#),
            "{text}"
        );
        assert!(
            reports.contains(&r#"badgesmith_reports_total{outcome="ACCEPTED",plugin="p",proof="token"} 2"#),
            "{text}"
        );
        for labels in [r#"event="other",outcome="OTHER""#, r#"event="push",outcome="ACCEPTED""#] {
            let line = format!("badgesmith_deliveries_total{{{labels},plugin=\"p\"}} 1");
            assert!(text.contains(&line), "{text}");
        }
        assert!(text.contains(r#"badgesmith_build_info{version="1.2.3"} 1"#), "{text}");
    }
}
