//! Events with signed reports, as an HTTP API sends them.

use std::time::SystemTime;

use badgesmith_engine::signature::sign;
use badgesmith_provider::Timestamp;
use serde_json::{Value, json};

use crate::{peers::SECRET, support::event};

/// The report of a run, signed over the path as it was `sent`; the event has the path `decoded` once.
pub fn report(sent: &str, decoded: &str, run: &str, nonce: &str) -> Value {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let timestamp = Timestamp::nearest(i64::try_from(since.as_millis()).unwrap()).to_string();
    let body = json!({
        "platform": "linux", "passed": 190, "failed": 0, "skipped": 2, "total": 192, "commit": "11e20f8",
        "run_id": run, "url_html": format!("https://example.com/{run}"), "timestamp": timestamp,
    })
    .to_string();
    let mut event = event("POST", decoded, "");
    event["headers"] = json!({
        "X-Signature": sign(SECRET, &timestamp, nonce, "POST", sent, body.as_bytes()),
        "x-timestamp": timestamp, "X-NONCE": nonce, "content-type": "application/json",
    });
    event["body"] = body.into();
    event
}
