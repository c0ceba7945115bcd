//! Why a file is not counted, in words for the person who has to mend it.

use std::{error::Error, fmt};

use crate::LARGEST_FILE;

/// Why a file is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is nothing in it.
    Empty,
    /// It has this many bytes, more than [`LARGEST_FILE`].
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// It is not text in the encoding it claims.
    Encoding {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// It is not well-formed XML.
    Xml {
        /// From 1.
        line: u64,
        /// From 1, in characters.
        column: u64,
        /// What the parser says.
        reason: String,
    },
    /// It begins as JSON and does not end as such.
    Json {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// Its DOCTYPE declares entities with a text of their own, as an attack by expansion does. No test tool does.
    Entities,
    /// Its elements lie deeper in each other than any report's.
    TooDeep {
        /// How many levels are read.
        limit: usize,
    },
    /// It is whole, but no report of tests.
    NotAReport {
        /// What it is instead.
        found: String,
    },
    /// It is nothing that is known here.
    Unrecognized,
}

impl Refusal {
    /// Whether the file is none of ours, so that a directory of them may hold it. One that is empty, broken or too
    /// large may be what is left of a report.
    #[must_use]
    pub fn is_other(&self) -> bool {
        matches!(self, Self::NotAReport { .. } | Self::Unrecognized)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty; did the test tool run?"),
            Self::TooLarge { bytes } => {
                write!(f, "the file has {bytes} bytes, more than the {LARGEST_FILE} that are read; leave the tests' output out of it")
            }
            Self::Encoding { reason } => f.write_str(reason),
            Self::Xml { line, column, reason } => {
                write!(f, "not well-formed XML, line {line}, column {column}: {reason}")
            }
            Self::Json { line, column, reason } => {
                write!(f, "broken JSON, line {line}, column {column}: {reason}")
            }
            Self::Entities => f.write_str("the DOCTYPE declares entities with a text of their own, which are never expanded; take the DOCTYPE out"),
            Self::TooDeep { limit } => write!(f, "elements lie more than {limit} levels deep, which no report's do"),
            Self::NotAReport { found } => write!(f, "{found}, which is no report of tests"),
            Self::Unrecognized => f.write_str(
                "no kind of report is recognized in it; known are JUnit XML, TRX, NUnit, xUnit.net, CTest, Boost.Test, \
                 CppUnit, Check, TAP, CTRF, and what go, cargo, dart, mocha, RSpec, Playwright, Jest and Vitest write",
            ),
        }
    }
}

impl Error for Refusal {}
