//! Reads the body of a report: the fields that every report has, and the names of all that are invalid at once.
//!
//! The module is part of the feature `time`.

use serde_json::{Map, Value};

use crate::{failure::Failure, query::fold, record::Record, timestamp::Timestamp, web_address::is_web_address};

/// How far a run's time may be ahead of the server's clock, in milliseconds.
const AHEAD_MS: i64 = 60_000;
/// The longest text of a field, in bytes.
pub const LONGEST_TEXT: usize = 2048;
/// The longest identifier of a run, in bytes.
const LONGEST_RUN: usize = 128;
/// The largest count: sums of such numbers are exact in a JavaScript client, too.
const LARGEST: u64 = 1 << 52;

/// Reads the fields of a report's body, and collects the errors in them.
///
/// ```
/// use badgesmith_provider::report_body::ReportBody;
///
/// let value = ReportBody::parse(br#"{"errors": 3, "run_id": 7}"#, "INVALID_LINT_PAYLOAD").unwrap();
/// let mut body = ReportBody::new(&value, "INVALID_LINT_PAYLOAD").unwrap();
/// assert_eq!((body.count("errors"), body.run_id().as_deref()), (Some(3), Some("7")));
/// body.text("commit");
/// assert_eq!(body.finish().unwrap_err().properties[..], ["commit"]);
/// ```
#[derive(Debug)]
pub struct ReportBody<'a> {
    fields: &'a Map<String, Value>,
    code: &'static str,
    /// The name of each invalid field, and what it must be.
    faults: Vec<(&'static str, String)>,
}

/// The fields that the records of every report contain besides its numbers.
#[derive(Debug)]
pub struct RunFacts {
    run_id: String,
    run_attempt: u32,
    timestamp_ms: Timestamp,
    fields: Map<String, Value>,
}

impl RunFacts {
    /// A record of the run with these further fields.
    #[must_use]
    pub fn record(self, numbers: impl IntoIterator<Item = (&'static str, Value)>) -> Record {
        let Self { run_id, run_attempt, timestamp_ms, mut fields } = self;
        fields.extend(numbers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Record { run_id, run_attempt, timestamp_ms, fields }
    }
}

impl<'a> ReportBody<'a> {
    /// The JSON of a body.
    ///
    /// # Errors
    /// A failure with this code, if it is not JSON.
    pub fn parse(body: &[u8], code: &'static str) -> Result<Value, Failure> {
        serde_json::from_slice(body).map_err(|fault| {
            let words = format!("not JSON at line {} column {}", fault.line(), fault.column());
            Failure::invalid_parameter(code, "body", words)
        })
    }

    /// Reads the fields of a JSON object. The code is that of the failure which names the invalid ones.
    ///
    /// # Errors
    /// A failure with this code, if it is not an object.
    pub fn new(body: &'a Value, code: &'static str) -> Result<Self, Failure> {
        let fields = body.as_object().ok_or_else(|| Failure::invalid_parameter(code, "body", "not a JSON object"))?;
        Ok(Self { fields, code, faults: Vec::new() })
    }

    /// Notes that a field is invalid, and what it must be.
    pub fn fault(&mut self, name: &'static str, must: impl Into<String>) {
        self.faults.push((name, must.into()));
    }

    /// The value of a field, if it is present and not `null`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text that is not blank.
    pub fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.get(name).and_then(Value::as_str).filter(|text| is_text(text));
        if text.is_none() {
            self.fault(name, format!("must be text, not blank, of at most {LONGEST_TEXT} bytes"));
        }
        text
    }

    /// The field `platform`, which must be the one in the address.
    pub fn platform(&mut self, of_address: &str) -> Option<&'a str> {
        let named = self.text("platform");
        if named.is_some_and(|named| fold(named) != fold(of_address)) {
            self.fault("platform", format!("must be the address's, {of_address:?}"));
        }
        named
    }

    /// An integer of at least 0.
    pub fn count(&mut self, name: &'static str) -> Option<u64> {
        let count = self.get(name).and_then(count);
        if count.is_none() {
            self.fault(name, "must be an integer of at least 0");
        }
        count
    }

    /// A text, or an integer such as GitHub's run ids.
    pub fn run_id(&mut self) -> Option<String> {
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

    /// The facts that every report contains about its run; `now` is in seconds since 1970, UTC. `None` if one of these
    /// fields is invalid.
    pub fn run(&mut self, platform: Option<&str>, now: u64) -> Option<RunFacts> {
        let commit = self.text("commit");
        let run_id = self.run_id();
        let run_attempt = self.run_attempt();
        let url_html = self.link("url_html", true);
        let run_url = self.link("workflow_run_url", false);
        let timestamp_ms = self.timestamp(now);
        let duration = self.duration();
        let mut fields = Map::new();
        let mut keep = |name: &str, value: Option<Value>| value.map(|value| fields.insert(name.to_owned(), value));
        keep("platform", platform.map(Value::from));
        keep("commit", commit.map(Value::from));
        keep("url_html", url_html.map(Value::from));
        keep("workflow_run_url", run_url.map(Value::from));
        keep("duration_ms", duration.map(Value::from));
        Some(RunFacts { run_id: run_id?, run_attempt: run_attempt?, timestamp_ms: timestamp_ms?, fields })
    }

    fn run_attempt(&mut self) -> Option<u32> {
        let Some(value) = self.get("run_attempt") else { return Some(1) };
        let attempt = count(value).and_then(|count| u32::try_from(count).ok()).filter(|n| (1..=9999).contains(n));
        if attempt.is_none() {
            self.fault("run_attempt", "must be an integer from 1 to 9999");
        }
        attempt
    }

    fn link(&mut self, name: &'static str, is_needed: bool) -> Option<&'a str> {
        let value = self.get(name);
        let link = value.and_then(Value::as_str).filter(|link| is_web_address(link) && link.len() <= LONGEST_TEXT);
        if link.is_none() && (is_needed || value.is_some()) {
            self.fault(name, "must be an absolute https or http address");
        }
        link
    }

    fn timestamp(&mut self, now: u64) -> Option<Timestamp> {
        let latest = i64::try_from(now).unwrap_or(i64::MAX).saturating_mul(1000).saturating_add(AHEAD_MS);
        let timestamp = self.get("timestamp").and_then(Value::as_str).and_then(Timestamp::parse);
        match timestamp {
            None => self.fault("timestamp", "must be an RFC 3339 time"),
            Some(timestamp) if timestamp.as_ms() > latest => {
                self.fault("timestamp", "must not be more than a minute ahead");
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
            self.fault("duration_ms", "must be a number of at least 0");
        }
        duration
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// The names of all invalid fields, and what each must be.
    pub fn finish(self) -> Result<(), Failure> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let words: Vec<_> = self.faults.iter().map(|(name, must)| format!("{name} {must}")).collect();
        let mut names: Vec<_> = self.faults.into_iter().map(|(name, _)| name.into()).collect();
        names.dedup();
        Err(Failure { properties: names.into(), ..Failure::invalid_parameter(self.code, "body", words.join("; ")) })
    }
}

/// An integer of at least 0, written with or without a fraction: `3` and `3.0` are the same number in JSON.
#[must_use]
pub fn count(value: &Value) -> Option<u64> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=LARGEST as f64).contains(number));
    value.as_u64().or(whole.map(|number| number as u64)).filter(|count| *count <= LARGEST)
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_TEXT
}
