//! The ways in which a provider and a transcript can disagree.

use std::{error::Error, fmt, io, path::Path};

use super::subject::SubjectFault;
use crate::message::UnreadableStep;

/// The transcripts that failed: a line for each, which begins with the path of its file.
#[derive(PartialEq, Eq)]
pub struct CheckFailed(String);

/// What is wrong with a transcript, or with the provider that it was replayed against. Turns and answers count from 1.
#[derive(Debug)]
#[non_exhaustive]
pub enum TranscriptFault {
    /// The file cannot be read or written.
    File(io::Error),
    /// The text is not the JSON of a transcript.
    Unreadable(serde_json::Error),
    /// A turn of the replay failed.
    Turn(usize, TurnFault),
    /// The last turn has requests instead of an end.
    NoEnd,
    /// The provider did not end in a failure after one answer was corrupted.
    Spoiled {
        /// The turn that contains the answer.
        turn: usize,
        /// The answer in that turn.
        answer: usize,
        /// The name of the corruption, as in `tolerates`.
        spoil: &'static str,
        /// The provider's behaviour instead.
        fault: TurnFault,
    },
}

/// What is wrong with one turn.
#[derive(Debug)]
#[non_exhaustive]
pub enum TurnFault {
    /// The subject returned no step.
    NoStep(SubjectFault),
    /// The step cannot be read.
    Unreadable(UnreadableStep),
    /// The same call gave two different steps.
    TwoSteps,
    /// The step has more than one end.
    TwoEnds,
    /// The step neither ends the call nor makes a new request.
    NothingNew,
    /// The step differs from the transcript's.
    Different {
        /// The provider's turn as JSON.
        provider: String,
        /// The transcript's turn as JSON.
        transcript: String,
    },
    /// The transcript does not have one answer for each request.
    Answers {
        /// The number of requests.
        requests: usize,
        /// The number of answers.
        answers: usize,
    },
    /// A corrupted answer became a badge with this message.
    Badge(String),
    /// A corrupted answer became a redirect to this address.
    Redirect(String),
    /// After a corrupted answer the call did not end within the turns that a host allows.
    Endless,
}

impl CheckFailed {
    pub(super) fn of(path: &Path, fault: &dyn fmt::Display) -> Self {
        Self(format!("{}: {fault}", path.display()))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(format!("{}\n{}", self.0, other.0))
    }
}

impl fmt::Display for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same as `Display`, so that a test that unwraps prints lines.
impl fmt::Debug for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TranscriptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(fault) => fault.fmt(f),
            Self::Unreadable(fault) => write!(f, "not a transcript: {fault}"),
            Self::Turn(turn, fault) => write!(f, "turn {turn}: {fault}"),
            Self::NoEnd => f.write_str("its last turn is no end: done, record, delivered, redirect or fail"),
            Self::Spoiled { turn, answer, spoil, fault } => {
                write!(f, "turn {turn}, answer {answer} spoiled ({spoil}): {fault}")
            }
        }
    }
}

impl fmt::Display for TurnFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStep(fault) => fault.fmt(f),
            Self::Unreadable(fault) => fault.fmt(f),
            Self::TwoSteps => f.write_str("asked twice, it says two things"),
            Self::TwoEnds => f.write_str("it says two ends at once"),
            Self::NothingNew => f.write_str("it asks nothing that is not answered already"),
            Self::Different { provider, transcript } => write!(f, "it says {provider}, the transcript {transcript}"),
            Self::Answers { requests, answers } => write!(f, "{requests} requests have {answers} answers"),
            Self::Badge(message) => write!(f, "a badge was made of it: {message:?}"),
            Self::Redirect(url) => write!(f, "it led to {url:?}"),
            Self::Endless => f.write_str("it asks without end"),
        }
    }
}

impl Error for CheckFailed {}
impl Error for TranscriptFault {}
impl Error for TurnFault {}
