//! Metrics in CloudWatch's embedded metric format (EMF): log lines, for a Lambda function that cannot be scraped.
//!
//! CloudWatch bills each metric for each set of dimension values, so there is one dimension, the function's name, and
//! a dozen metrics in all. Route, plugin, status and the rest are properties of the same line, which cost nothing;
//! CloudWatch Logs Insights can group by them.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    CacheState, Format,
    world::{Event, Meter},
};
use serde_json::{Map, Value, json};

/// The CloudWatch namespace of the metrics.
pub const NAMESPACE: &str = "BadgeSmith";
/// The one dimension.
pub const DIMENSION: &str = "FunctionName";

/// The most values of one metric in one line; a limit of the format.
const MOST_VALUES: usize = 100;

/// The metrics since the last line.
#[derive(Debug)]
pub struct Emf {
    function: String,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    metrics: BTreeMap<&'static str, Metric>,
    /// The properties of the line.
    properties: Map<String, Value>,
    /// Upstream calls by plugin and outcome.
    calls: BTreeMap<String, u32>,
}

#[derive(Debug)]
enum Metric {
    Count(u32),
    Milliseconds(Vec<f64>),
}

impl Emf {
    /// Metrics with nothing counted yet; `function` is the value of the one dimension.
    #[must_use]
    pub fn new(function: impl Into<String>) -> Self {
        Self { function: function.into(), counts: Mutex::default() }
    }

    /// The metrics since the last call, as one line for standard output; `None` if there are none. To be called at the
    /// end of every invocation. Whatever is counted after the response appears in the line of the next invocation.
    #[must_use]
    pub fn flush(&self, now: SystemTime) -> Option<String> {
        let Counts { metrics, properties, calls } =
            mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        if metrics.is_empty() {
            return None;
        }
        let timestamp = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let named = metrics.iter().map(|(name, metric)| json!({ "Name": name, "Unit": metric.unit() }));
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": named.collect::<Vec<_>>(),
        });
        let mut line = properties;
        line.insert("_aws".to_owned(), json!({ "Timestamp": timestamp, "CloudWatchMetrics": [directive] }));
        line.insert(DIMENSION.to_owned(), self.function.clone().into());
        line.extend(metrics.into_iter().map(|(name, metric)| (name.to_owned(), metric.value())));
        if !calls.is_empty() {
            line.insert("upstream_outcomes".to_owned(), json!(calls));
        }
        Some(Value::Object(line).to_string())
    }
}

impl Meter for Emf {
    fn note(&self, event: &Event<'_>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match *event {
            Event::Answered { status, line, took } => {
                counts.count("Requests", true);
                counts.count("ServerErrors", status.is_server_error());
                counts.count("BadgesDrawn", line.format.is_some());
                counts.count("BadgesKept", line.cache == Some(CacheState::Kept));
                counts.count("BadgesStale", line.cache == Some(CacheState::Stale));
                counts.took("Duration", took);
                counts.property("status", status.as_u16().into());
                let texts = [
                    ("route", &*line.route),
                    ("plugin", &line.plugin),
                    ("code", &line.code),
                    ("cache", line.cache.map_or("", CacheState::name)),
                    ("format", line.format.map_or("", Format::name)),
                ];
                for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                    counts.property(name, text.into());
                }
            }
            Event::Stepped { took, .. } => counts.took("StepDuration", took),
            // The counts of badges and reports cover these.
            Event::Supplied { .. } | Event::RateLimited { .. } => {}
            Event::Called { plugin, outcome, took } => {
                counts.count("UpstreamFaults", !outcome.is_answer());
                counts.took("UpstreamDuration", took);
                *counts.calls.entry(format!("{plugin} {}", outcome.name())).or_default() += 1;
            }
            Event::Opened { .. } => counts.count("BreakersOpened", true),
            Event::Reported { outcome, .. } => {
                counts.count("ReportsAccepted", outcome == "ACCEPTED");
                counts.count("ReportsRefused", outcome != "ACCEPTED");
            }
            Event::Told { .. } => counts.count("EventsTold", true),
            Event::Sent { outcome, took, .. } => {
                counts.count("EventsSent", outcome == "delivered");
                counts.count("EventsFailed", outcome == "failed");
                counts.count("EventsDead", outcome == "dead");
                counts.took("SendDuration", took);
            }
            Event::Delivered { outcome, .. } => {
                let is_taken = matches!(outcome, "RECORDED" | "DUPLICATE" | "IGNORED" | "PONG");
                counts.count("DeliveriesTaken", is_taken);
                counts.count("DeliveriesRefused", !is_taken);
                counts.count("DeliveriesUnsigned", outcome == "INVALID_SIGNATURE");
            }
        }
    }
}

impl Counts {
    fn count(&mut self, name: &'static str, happened: bool) {
        if let Metric::Count(count) = self.metrics.entry(name).or_insert(Metric::Count(0)) {
            *count += u32::from(happened);
        }
    }

    fn took(&mut self, name: &'static str, took: Duration) {
        let metric = self.metrics.entry(name).or_insert_with(|| Metric::Milliseconds(Vec::new()));
        if let Metric::Milliseconds(values) = metric
            && values.len() < MOST_VALUES
        {
            values.push((took.as_secs_f64() * 1e6).round() / 1e3);
        }
    }

    fn property(&mut self, name: &str, value: Value) {
        self.properties.insert(name.to_owned(), value);
    }
}

impl Metric {
    const fn unit(&self) -> &'static str {
        match self {
            Self::Count(_) => "Count",
            Self::Milliseconds(_) => "Milliseconds",
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Count(count) => count.into(),
            Self::Milliseconds(values) => values.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use badgesmith_engine::{AccessLine, AnswerSource, ExchangeOutcome, StepOutcome};
    use http::StatusCode;

    use super::*;

    const TOOK: Duration = Duration::from_micros(1234);

    fn line() -> AccessLine {
        AccessLine {
            route: "/badges/hello/{name}".into(),
            plugin: "hello".to_owned(),
            cache: Some(CacheState::Made),
            format: Some(Format::Svg),
            ..AccessLine::default()
        }
    }

    /// Everything the format's specification demands of a line ("Embedded metric format specification" in the
    /// CloudWatch user guide).
    fn check(line: &str) -> Value {
        assert!(!line.contains('\n') && line.len() < 256 * 1024, "{line}");
        let root: Value = serde_json::from_str(line).unwrap();
        assert!(root["_aws"]["Timestamp"].is_u64(), "{line}");
        let directives = root["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(!directives.is_empty(), "{line}");
        for directive in directives {
            let namespace = directive["Namespace"].as_str().unwrap();
            assert!((1..=1024).contains(&namespace.len()), "{line}");
            for set in directive["Dimensions"].as_array().unwrap() {
                let set = set.as_array().unwrap();
                assert!(set.len() <= 30, "{line}");
                for name in set {
                    let name = name.as_str().unwrap();
                    assert!((1..=250).contains(&name.len()) && name.is_ascii() && !name.starts_with(':'), "{line}");
                    let value = root[name].as_str().unwrap();
                    assert!((1..=1024).contains(&value.len()), "{line}");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()), "{line}");
            let mut names: Vec<_> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
            for (metric, name) in metrics.iter().zip(&names) {
                assert!((1..=1024).contains(&name.len()), "{line}");
                assert!(matches!(metric["Unit"].as_str(), Some("Count" | "Milliseconds")), "{line}");
                let value = &root[*name];
                let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                assert!((1..=100).contains(&values.len()) && values.iter().all(Value::is_number), "{name}: {line}");
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), metrics.len(), "{line}");
        }
        root
    }

    #[test]
    fn an_invocation_is_one_line_in_the_embedded_metric_format() {
        let emf = Emf::new("badges-live");
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_262_400_123);
        assert_eq!(emf.flush(now), None);
        emf.note(&Event::Stepped { plugin: "hello", outcome: StepOutcome::Done, took: TOOK });
        for outcome in [ExchangeOutcome::Timeout, ExchangeOutcome::Answered] {
            emf.note(&Event::Called { plugin: "hello", outcome, took: TOOK });
        }
        emf.note(&Event::Supplied { plugin: "hello", from: AnswerSource::Asked });
        emf.note(&Event::Opened { plugin: "hello" });
        emf.note(&Event::Reported { plugin: "tests", proof: "signature", outcome: "INVALID_SIGNATURE" });
        for outcome in ["RECORDED", "PONG", "INVALID_SIGNATURE", "STORE_UNAVAILABLE"] {
            emf.note(&Event::Delivered { plugin: "github", event: "push", outcome });
        }
        emf.note(&Event::Answered { status: StatusCode::OK, line: &line(), took: TOOK });
        let line = check(&emf.flush(now).unwrap());
        assert_eq!(line["_aws"]["Timestamp"], 1_795_262_400_123_u64);
        let rows = [
            ("FunctionName", json!("badges-live")),
            ("Requests", json!(1)),
            ("ServerErrors", json!(0)),
            ("BadgesDrawn", json!(1)),
            ("BadgesKept", json!(0)),
            ("BadgesStale", json!(0)),
            ("Duration", json!([1.234])),
            ("StepDuration", json!([1.234])),
            ("UpstreamDuration", json!([1.234, 1.234])),
            ("UpstreamFaults", json!(1)),
            ("BreakersOpened", json!(1)),
            ("ReportsAccepted", json!(0)),
            ("ReportsRefused", json!(1)),
            ("DeliveriesTaken", json!(2)),
            ("DeliveriesRefused", json!(2)),
            ("DeliveriesUnsigned", json!(1)),
            ("route", json!("/badges/hello/{name}")),
            ("status", json!(200)),
            ("upstream_outcomes", json!({ "hello answered": 1, "hello timeout": 1 })),
        ];
        for (name, value) in rows {
            assert_eq!(line[name], value, "{name}");
        }
        assert_eq!(line.get("code"), None, "an empty property is left out");
        assert_eq!(emf.flush(now), None, "each event is in one line");
    }

    #[test]
    fn a_busy_invocation_stays_within_the_limits_of_the_format() {
        let emf = Emf::new("f");
        for _ in 0..1000 {
            emf.note(&Event::Stepped { plugin: "hello", outcome: StepOutcome::Done, took: TOOK });
            emf.note(&Event::Answered { status: StatusCode::OK, line: &line(), took: TOOK });
        }
        let line = check(&emf.flush(SystemTime::UNIX_EPOCH).unwrap());
        assert_eq!(line["Requests"], 1000);
        assert_eq!(line["Duration"].as_array().map(Vec::len), Some(MOST_VALUES));
    }
}
