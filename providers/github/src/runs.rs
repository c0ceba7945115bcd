//! A run of a workflow, read from a record, a state or an answer of GitHub's API.

use badgesmith_provider::{FoundState, Record};
use serde_json::{Map, Value};

use crate::{
    dates, field,
    progress::{COMPLETED, rank},
    stop::Stop,
};

/// How long a run counts as running without news: GitHub does not repeat a failed delivery, and ends a job on its own
/// machines after six hours.
const MOST_SILENCE_SECONDS: u64 = 6 * 60 * 60;

/// The status of a run or a job.
pub(crate) struct Standing {
    pub(crate) status: String,
    /// `None` if it has not ended.
    pub(crate) conclusion: Option<String>,
    /// The time of this status, in seconds since 1970; `None` if it is the present status.
    pub(crate) told: Option<u64>,
}

/// A run of a workflow of GitHub Actions, or the result of another CI system.
pub(crate) struct Run {
    pub(crate) id: String,
    /// Its number, and its attempt; `None` if it does not belong to GitHub Actions.
    pub(crate) number: Option<(u64, u64)>,
    pub(crate) event: Option<String>,
    /// The page about it.
    pub(crate) url: Option<String>,
    pub(crate) standing: Standing,
}

impl Standing {
    /// Reads the status from the fields of a record or a state.
    pub(crate) fn of_fields(fields: &Map<String, Value>) -> Self {
        let told = text(fields, "updated_at").and_then(|time| dates::moment(&time));
        Self {
            status: text(fields, "status").unwrap_or_else(|| COMPLETED.to_owned()),
            conclusion: text(fields, "conclusion"),
            told: Some(told.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default()),
        }
    }

    /// Reads the status from an answer of the API.
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

    /// Whether the last known status is that it was running, and that status is too old at `now`.
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

    /// Whether it was caused by this event; true if no event is given.
    pub(crate) fn is_of(&self, event: Option<&str>) -> bool {
        event.is_none_or(|event| self.event.as_deref() == Some(event))
    }

    /// Whether this run, from an answer of the API that may be some minutes old, replaces `told`, a run from a
    /// delivery: it is newer, or it is the same run, which was still running, and at least as far.
    pub(crate) fn replaces(&self, told: &Self) -> bool {
        let is_as_far = || rank(&self.standing.status) >= rank(&told.standing.status);
        self.number > told.number || (self.number == told.number && told.standing.is_under_way() && is_as_far())
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}
