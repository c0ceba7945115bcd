//! A card: the status of one part and branch of a repository, and the results of its last runs.

use std::time::{Duration, SystemTime};

use badgesmith_provider::{FoundState, Record, Series};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::point::{Ending, Point, link, shown, time};
use crate::{bounded::Weight, store::ListedSubject};

/// How many runs a card shows.
pub(crate) const RUNS: usize = 30;
/// For how long a run counts as under way after the last delivery about it.
const NEWS: Duration = Duration::from_secs(6 * 60 * 60);
/// The field of a state with the word for a run under way.
const STATUS: &str = "status";

/// The status of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Card {
    pub(crate) collection: String,
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) part: String,
    pub(crate) branch: String,
    /// How the newest run ended; `None` if none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ending: Option<Ending>,
    /// The run under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) running: Option<Running>,
    /// The last runs, the oldest first.
    pub(crate) runs: Vec<Point>,
    /// A text that changes whenever another field changes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) version: String,
}

/// A run under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Running {
    /// Its status, such as `queued` or `in progress`.
    pub(crate) words: String,
    /// The time of the last delivery about it, in milliseconds since 1970.
    #[serde(rename = "time", serialize_with = "time")]
    pub(crate) time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

impl Card {
    /// The card of a subject with these records, the newest first, and its state.
    pub(crate) fn read(
        listed: &ListedSubject,
        series: &Series,
        records: &[Record],
        state: Option<&FoundState>,
    ) -> Self {
        let subject = &listed.subject;
        let runs: Vec<_> = records.iter().take(RUNS).rev().map(|record| Point::read(series, record)).collect();
        let mut card = Self {
            collection: listed.collection.clone(),
            owner: subject.owner().to_owned(),
            repo: subject.repo().to_owned(),
            part: subject.platform().to_owned(),
            branch: subject.branch().to_owned(),
            ending: runs.last().map(|run| run.ending),
            running: state.and_then(|state| Running::read(series, state)),
            runs,
            version: String::new(),
        };
        card.version = version(&card);
        card
    }

    /// The card at this time, if it differs from this one: a run without a delivery for longer than [`NEWS`] does not
    /// count as under way any more.
    pub(crate) fn at(&self, now: SystemTime) -> Option<Self> {
        let running = self.running.as_ref()?;
        let heard = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(running.time_ms).unwrap_or_default());
        if now.duration_since(heard).is_ok_and(|silent| silent > NEWS) {
            let mut card = Self { running: None, version: String::new(), ..self.clone() };
            card.version = version(&card);
            return Some(card);
        }
        None
    }

    /// The time of the latest change, in milliseconds since 1970.
    pub(crate) fn time_ms(&self) -> i64 {
        let running = self.running.as_ref().map(|running| running.time_ms);
        running.max(self.runs.last().map(|run| run.time_ms)).unwrap_or_default()
    }

    /// The key of the card, which no other card has.
    pub(crate) fn key(&self) -> String {
        [&self.owner, &self.repo, &self.collection, &self.part, &self.branch].map(|part| part.as_str()).join("\n")
    }

    /// Its group in a list, which is sorted by name within a group: failing first, then first runs that are under way,
    /// then other cards that are neither failing nor passing, then passing ones.
    pub(crate) fn rank(&self) -> u8 {
        match self.ending {
            Some(Ending::Failing) => 0,
            None if self.running.is_some() => 1,
            Some(Ending::Other) | None => 2,
            Some(Ending::Passing) => 3,
        }
    }
}

impl Running {
    /// The run under way that a state describes; `None` if the run has ended.
    fn read(series: &Series, state: &FoundState) -> Option<Self> {
        let text = |name: &str| state.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let status = text(STATUS)?;
        if series.outcome.as_deref().and_then(text).is_some() || status == "completed" {
            return None;
        }
        let url = series.link.as_deref().and_then(text).and_then(link);
        Some(Self { words: shown(status), time_ms: state.written_ms, url })
    }
}

impl Weight for Card {
    fn weight(&self) -> usize {
        let run = |run: &Point| size_of::<Point>() + run.words.len() + run.url.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.runs.iter().map(run).sum::<usize>() + self.part.len() + self.branch.len() + 128
    }
}

fn version(card: &Card) -> String {
    // Strings and numbers always have a JSON form.
    let text = serde_json::to_vec(card).unwrap_or_default();
    hex::encode(&Sha256::digest(text)[..8])
}
