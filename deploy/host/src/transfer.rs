//! Results and states as JSON lines, exported from one store and imported into another. Events are not exported.

mod exported_result;
mod exported_state;
mod import_error;

use std::{
    error::Error,
    fmt, io,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{Entry, RESULT_LIFE, Subject};
use badgesmith_provider::{FoundState, Record, State};
use serde::{Deserialize, Serialize};

pub use exported_result::ExportedResult;
pub use exported_state::ExportedState;
pub use import_error::ImportError;

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// An exported line. Its `kind` says whether it is a result or a state; a line without `kind`, as earlier versions
/// wrote it, is a result.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ExportedLine {
    /// A result.
    Result(ExportedResult),
    /// A state.
    State(ExportedState),
}

/// What an exported line becomes in another store.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportedLine {
    /// An entry that records the result again.
    Result(Box<Entry>),
    /// A state that is written again.
    State {
        /// The state; its time to live counts from `written`.
        state: Box<State>,
        /// When it was written first.
        written: SystemTime,
    },
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    kind: Kind,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Result,
    State,
}

/// The outcome of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// How many results and states were exported.
    pub written: u64,
    /// One sentence for each result or state that could not be read; everything else was exported all the same.
    pub damaged: Vec<String>,
}

/// Why an export ended early. `S` is the store's error.
#[derive(Debug)]
pub enum ExportError<S> {
    /// The store cannot be read.
    Store(S),
    /// A line cannot be written.
    Write(io::Error),
}

impl ExportedLine {
    /// A line for a result that expires at `expires`, in seconds since 1970.
    #[must_use]
    pub fn result(collection: String, subject: &Subject, record: Record, expires: u64) -> Self {
        Self::Result(ExportedResult::new(collection, subject, record, expires))
    }

    /// A line for a state. `expires`, in seconds since 1970, is `None` if it does not expire.
    #[must_use]
    pub fn state(collection: String, subject: &Subject, state: FoundState, expires: Option<u64>) -> Self {
        Self::State(ExportedState::new(collection, subject, state, expires))
    }

    /// Reads a line.
    ///
    /// # Errors
    /// It is not JSON, its kind is unknown, or a field is missing or wrong.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(match serde_json::from_slice::<Tag>(text)?.kind {
            Kind::Result => Self::Result(serde_json::from_slice(text)?),
            Kind::State => Self::State(serde_json::from_slice(text)?),
        })
    }

    /// What the line becomes in another store.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn imported(self) -> Result<ImportedLine, ImportError> {
        match self {
            Self::Result(result) => Ok(ImportedLine::Result(Box::new(result.entry()?))),
            Self::State(state) => {
                state.imported().map(|(state, written)| ImportedLine::State { state: Box::new(state), written })
            }
        }
    }
}

impl ImportedLine {
    /// Whether it has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        match self {
            Self::Result(entry) => entry.arrived + RESULT_LIFE <= now,
            Self::State { state, written } => {
                state.life_seconds.is_some_and(|life| *written + Duration::from_secs(life.into()) <= now)
            }
        }
    }
}

impl<S: fmt::Display> fmt::Display for ExportError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl<S: Error> Error for ExportError<S> {}

impl<S> From<io::Error> for ExportError<S> {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
