//! A run of a workflow, as a record, a state or GitHub's API tells of it.

use badgesmith_provider::{FoundState, Record};
use serde_json::{Map, Value};

use crate::{
    dates, field,
    progress::{COMPLETED, rank},
    stop::Stop,
};

/// For how long a run counts as under way without news: GitHub does not deliver again by itself, and ends a job of its
/// own machines after six hours.
const MOST_SILENCE_SECONDS: u64 = 6 * 60 * 60;

/// How a run or a job stands.
pub(crate) struct Standing {
    pub(crate) status: String,
    /// None if it has not ended.
    pub(crate) conclusion: Option<String>,
    /// When that was so, in seconds since 1970; none if it is known to be so now.
    pub(crate) told: Option<u64>,
}

/// A run of a workflow of GitHub Actions, or the result of another CI system.
pub(crate) struct Run {
    pub(crate) id: String,
    /// Its number, and its attempt; none if it is not of GitHub Actions.
    pub(crate) number: Option<(u64, u64)>,
    pub(crate) event: Option<String>,
    /// The page about it.
    pub(crate) url: Option<String>,
    pub(crate) standing: Standing,
}

impl Standing {
    /// As the fields of a record or a state have it.
    pub(crate) fn of_fields(fields: &Map<String, Value>) -> Self {
        let told = text(fields, "updated_at").and_then(|time| dates::moment(&time));
        Self {
            status: text(fields, "status").unwrap_or_else(|| COMPLETED.to_owned()),
            conclusion: text(fields, "conclusion"),
            told: Some(told.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default()),
        }
    }

    /// As an answer of the API has it.
    pub(crate) fn of_answer(answer: &Value) -> Result<Self, Stop> {
        let conclusion = match answer.get("conclusion") {
            Some(Value::Null) => None,
            _ => Some(field::text(answer, "/conclusion")?.to_owned()),
        };
        Ok(Self { status: field::text(answer, "/status")?.to_owned(), conclusion, told: None })
    }

    /// Whether it has not ended.
    pub(crate) fn is_under_way(&self) -> bool {
        self.status != COMPLETED
    }

    /// Whether it was under way when last heard of, which is long ago at `now`.
    pub(crate) fn is_unknown(&self, now: u64) -> bool {
        self.is_under_way() && self.told.is_some_and(|told| told.saturating_add(MOST_SILENCE_SECONDS) < now)
    }
}

impl Run {
    /// The run of a record.
    pub(crate) fn of_record(record: &Record) -> Self {
        let number = record.fields.get("number").and_then(Value::as_u64);
        Self {
            id: record.run_id.clone(),
            number: number.map(|number| (number, u64::from(record.run_attempt))),
            event: text(&record.fields, "event"),
            url: text(&record.fields, "url"),
            standing: Standing::of_fields(&record.fields),
        }
    }

    /// The run of a state.
    pub(crate) fn of_state(state: &FoundState) -> Self {
        let number = |name| state.fields.get(name).and_then(Value::as_u64);
        Self {
            id: text(&state.fields, "run_id").unwrap_or_default(),
            number: number("number").map(|run| (run, number("attempt").unwrap_or(1))),
            event: text(&state.fields, "event"),
            url: text(&state.fields, "url"),
            standing: Standing::of_fields(&state.fields),
        }
    }

    /// The run of an answer of the API.
    pub(crate) fn of_answer(run: &Value) -> Result<Self, Stop> {
        let attempt = run.get("run_attempt").and_then(Value::as_u64).unwrap_or(1);
        Ok(Self {
            id: field::number(run, "/id")?.to_string(),
            number: Some((field::number(run, "/run_number")?, attempt)),
            event: None,
            url: Some(field::text(run, "/html_url")?.to_owned()),
            standing: Standing::of_answer(run)?,
        })
    }

    /// Whether the event, if one is wanted, caused it.
    pub(crate) fn is_of(&self, event: Option<&str>) -> bool {
        event.is_none_or(|event| self.event.as_deref() == Some(event))
    }

    /// Whether this run, which the API had some minutes ago, replaces one of which a delivery told: it is newer, or it
    /// is the same one and at least as far.
    pub(crate) fn replaces(&self, told: &Self) -> bool {
        let is_as_far = || rank(&self.standing.status) >= rank(&told.standing.status);
        self.number > told.number || (self.number == told.number && told.standing.is_under_way() && is_as_far())
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}
