//! Validates the body of a report and makes a record of it. The failure names all invalid fields at once.

use badgesmith_provider::{Failure, Record, Timestamp, fold, is_web_address};
use serde_json::{Map, Value, json};

/// How far a run's time may be ahead of the server's clock, in milliseconds.
const AHEAD_MS: i64 = 60_000;
/// The longest text of a field, in bytes.
const LONGEST_TEXT: usize = 2048;
/// The longest identifier of a run, in bytes.
const LONGEST_RUN: usize = 128;
/// The largest number of suites in a report.
const MOST_SUITES: usize = 100;
/// The largest count: sums of such numbers are exact in a JavaScript client, too.
const LARGEST: u64 = 1 << 52;

/// Reads the fields of a body and collects what is wrong with them.
struct ReportReader<'a> {
    fields: &'a Map<String, Value>,
    /// The name of each invalid field, and what it must be.
    faults: Vec<(&'static str, String)>,
}

/// The record of a body. Its platform must be the one in the address; `now` is in seconds since 1970, UTC.
///
/// # Errors
/// `INVALID_TEST_PAYLOAD`, with the names of all invalid fields.
pub(crate) fn read(body: &[u8], platform: &str, now: u64) -> Result<Record, Failure> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|fault| refused("body", format!("not JSON at line {} column {}", fault.line(), fault.column())))?;
    let fields = body.as_object().ok_or_else(|| refused("body", "not a JSON object".to_owned()))?;
    let mut report = ReportReader { fields, faults: Vec::new() };

    let named = report.text("platform");
    if named.is_some_and(|named| fold(named) != fold(platform)) {
        report.fault("platform", format!("must be the address's, {platform:?}"));
    }
    let counts = ["passed", "failed", "skipped", "total"].map(|name| report.count(name));
    if let [Some(passed), Some(failed), Some(skipped), Some(total)] = counts
        && passed + failed + skipped != total
    {
        report.fault("total", format!("must be passed + failed + skipped, {}", passed + failed + skipped));
    }
    let commit = report.text("commit");
    let run_id = report.run_id();
    let run_attempt = report.run_attempt();
    let url_html = report.link("url_html", true);
    let run_url = report.link("workflow_run_url", false);
    let timestamp_ms = report.timestamp(now);
    let duration = report.duration();
    let suites = report.suites();

    if !report.faults.is_empty() {
        return Err(report.refusal());
    }
    let [passed, failed, skipped, total] = counts.map(Option::unwrap_or_default);
    let mut fields = Map::new();
    let mut keep = |name: &str, value: Option<Value>| value.map(|value| fields.insert(name.to_owned(), value));
    keep("platform", named.map(Value::from));
    keep("passed", Some(passed.into()));
    keep("failed", Some(failed.into()));
    keep("skipped", Some(skipped.into()));
    keep("total", Some(total.into()));
    keep("commit", commit.map(Value::from));
    keep("url_html", url_html.map(Value::from));
    keep("workflow_run_url", run_url.map(Value::from));
    keep("duration_ms", duration.map(Value::from));
    keep("suites", suites);
    Ok(Record {
        run_id: run_id.unwrap_or_default(),
        run_attempt: run_attempt.unwrap_or(1),
        timestamp_ms: timestamp_ms.unwrap_or_default(),
        fields,
    })
}

impl<'a> ReportReader<'a> {
    fn fault(&mut self, name: &'static str, must: String) {
        self.faults.push((name, must));
    }

    /// The value of a field, if it is present and not `null`.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.get(name).and_then(Value::as_str).filter(|text| is_text(text));
        if text.is_none() {
            self.fault(name, format!("must be text, not blank, of at most {LONGEST_TEXT} bytes"));
        }
        text
    }

    fn count(&mut self, name: &'static str) -> Option<u64> {
        let count = self.get(name).and_then(count);
        if count.is_none() {
            self.fault(name, "must be an integer of at least 0".to_owned());
        }
        count
    }

    /// A text, or an integer such as GitHub's run ids.
    fn run_id(&mut self) -> Option<String> {
        let run_id = match self.get("run_id") {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => Some(number.to_string()),
            _ => None,
        };
        let run_id = run_id.filter(|text| is_text(text) && text.len() <= LONGEST_RUN);
        if run_id.is_none() {
            self.fault("run_id", format!("must be text or an integer, not blank, of at most {LONGEST_RUN} bytes"));
        }
        run_id
    }

    fn run_attempt(&mut self) -> Option<u32> {
        let Some(value) = self.get("run_attempt") else { return Some(1) };
        let attempt = count(value).and_then(|count| u32::try_from(count).ok()).filter(|n| (1..=9999).contains(n));
        if attempt.is_none() {
            self.fault("run_attempt", "must be an integer from 1 to 9999".to_owned());
        }
        attempt
    }

    fn link(&mut self, name: &'static str, is_needed: bool) -> Option<&'a str> {
        let value = self.get(name);
        let link = value.and_then(Value::as_str).filter(|link| is_web_address(link) && link.len() <= LONGEST_TEXT);
        if link.is_none() && (is_needed || value.is_some()) {
            self.fault(name, "must be an absolute https or http address".to_owned());
        }
        link
    }

    fn timestamp(&mut self, now: u64) -> Option<Timestamp> {
        let latest = i64::try_from(now).unwrap_or(i64::MAX).saturating_mul(1000).saturating_add(AHEAD_MS);
        let timestamp = self.get("timestamp").and_then(Value::as_str).and_then(Timestamp::parse);
        match timestamp {
            None => self.fault("timestamp", "must be an RFC 3339 time".to_owned()),
            Some(timestamp) if timestamp.as_ms() > latest => {
                self.fault("timestamp", "must not be more than a minute ahead".to_owned());
            }
            Some(_) => {}
        }
        timestamp
    }

    fn duration(&mut self) -> Option<u64> {
        let value = self.get("duration_ms")?;
        // A duration with a fraction of a millisecond is rounded.
        let rounded = value.as_f64().filter(|ms| (0.0..=LARGEST as f64).contains(ms)).map(|ms| ms.round() as u64);
        let duration = count(value).or(rounded);
        if duration.is_none() {
            self.fault("duration_ms", "must be a number of at least 0".to_owned());
        }
        duration
    }

    /// The name and the counts of each suite; other fields are dropped.
    fn suites(&mut self) -> Option<Value> {
        let value = self.get("suites")?;
        let read = |suite: &Value| {
            let name = suite.get("name")?.as_str().filter(|name| name.len() <= LONGEST_TEXT)?;
            let [passed, failed, skipped] = ["passed", "failed", "skipped"]
                .map(|name| suite.get(name).filter(|value| !value.is_null()).map_or(Some(0), count));
            Some(json!({ "name": name, "passed": passed?, "failed": failed?, "skipped": skipped? }))
        };
        let suites = value.as_array().filter(|suites| suites.len() <= MOST_SUITES);
        let suites: Option<Vec<_>> = suites.and_then(|suites| suites.iter().map(read).collect());
        if suites.is_none() {
            self.fault("suites", format!("must be at most {MOST_SUITES} of {{name, passed, failed, skipped}}"));
        }
        suites.map(Value::from)
    }

    fn refusal(self) -> Failure {
        let words: Vec<_> = self.faults.iter().map(|(name, must)| format!("{name} {must}")).collect();
        let mut names: Vec<_> = self.faults.into_iter().map(|(name, _)| name.into()).collect();
        names.dedup();
        Failure { properties: names.into(), ..refused("body", words.join("; ")) }
    }
}

fn refused(property: &'static str, words: String) -> Failure {
    Failure::invalid_parameter("INVALID_TEST_PAYLOAD", property, words)
}

/// An integer of at least 0, written with or without a fraction: `3` and `3.0` are the same number in JSON.
fn count(value: &Value) -> Option<u64> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=LARGEST as f64).contains(number));
    value.as_u64().or(whole.map(|number| number as u64)).filter(|count| *count <= LARGEST)
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_TEXT
}
