//! Why a line is not imported.

use std::{error::Error, fmt};

/// Why a line is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// The owner, repository, platform or branch, by its name, is empty or too long.
    Subject(&'static str),
    /// The run or its attempt is out of range.
    Run,
    /// The collection or the record's time cannot be stored.
    Collection,
    /// The time of arrival is not a valid time.
    Arrived,
    /// The sequence has too few or too many numbers.
    Sequence,
    /// The time when the state was written, or its expiry, is not a valid time.
    Written,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(part) => write!(f, "its {part} is empty or too long"),
            Self::Run => f.write_str("its run_id is empty or too long, or its run_attempt is not 1 to 9999"),
            Self::Collection => f.write_str("its collection is empty or has a # in it"),
            Self::Arrived => f.write_str("its arrived is no RFC 3339 time since 1970"),
            Self::Sequence => f.write_str("its sequence is not 1 to 4 numbers"),
            Self::Written => f.write_str("its written or its expires is no RFC 3339 time since 1970"),
        }
    }
}

impl Error for ImportError {}
