//! Captures the lines that one piece of work logs, for a command that shows them in its own output.

use std::fmt;

use tracing::{
    Event,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry,
};

use crate::logs::targets;

/// A line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// What happened.
    pub message: String,
    /// The names and the values of its fields, in their order.
    pub fields: Vec<(&'static str, String)>,
}

/// Does some work, and passes each line that this thread logs meanwhile at the level `info` or above to `take` instead
/// of the log. Other threads log as usual.
pub fn collect<T>(take: impl Fn(LogLine) + Send + Sync + 'static, work: impl FnOnce() -> T) -> T {
    let subscriber = registry().with(LineLayer { take }.with_filter(targets(LevelFilter::INFO)));
    tracing::subscriber::with_default(subscriber, work)
}

/// Passes the lines on.
struct LineLayer<F> {
    take: F,
}

impl<F: Fn(LogLine) + Send + Sync + 'static> Layer<Registry> for LineLayer<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, Registry>) {
        let mut fields = LineFields(LogLine::default());
        event.record(&mut fields);
        (self.take)(fields.0);
    }
}

/// Reads the fields of an event into a line.
struct LineFields(LogLine);

impl LineFields {
    fn set(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.0.message = value,
            name => self.0.fields.push((name, value)),
        }
    }
}

impl Visit for LineFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn the_lines_of_the_work_are_passed_on_with_their_fields_and_no_others_are() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&lines);
        let answer = collect(
            move |line| taken.lock().unwrap().push(line),
            || {
                tracing::warn!(target: "badgesmith_engine", asked = "a \"b\"", tries = 3, fault = ?Some(1), "it failed");
                tracing::debug!(target: "badgesmith_engine", "a detail");
                tracing::info!(target: "h2", "of a library");
                tracing::error!(target: "aws_config", "a whole answer");
                drop(tracing::info_span!(target: crate::logs::SPANS, "request"));
                7
            },
        );
        tracing::warn!(target: "badgesmith_engine", "afterwards");
        let fields = [("asked", "a \"b\""), ("tries", "3"), ("fault", "Some(1)")];
        let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
        assert_eq!(answer, 7);
        assert_eq!(*lines.lock().unwrap(), [LogLine { message: "it failed".to_owned(), fields }]);
    }
}
