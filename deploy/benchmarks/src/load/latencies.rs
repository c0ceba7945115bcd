//! The latencies of many answers.

use std::time::Duration;

use serde_json::{Value, json};

/// The figures of these answers: how many arrived per second, and how long they took in microseconds.
///
/// # Panics
/// There was no answer.
pub(crate) fn figures(mut latencies: Vec<Duration>, took: Duration) -> Value {
    assert!(!latencies.is_empty(), "there was no answer");
    latencies.sort_unstable();
    let at = |share: f64| {
        let place = (latencies.len() as f64 * share).ceil() as usize;
        latencies[place.clamp(1, latencies.len()) - 1].as_nanos() as f64 / 1e3
    };
    json!({
        "answers": latencies.len(), "rate": latencies.len() as f64 / took.as_secs_f64(),
        "p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "most": at(1.0),
    })
}
