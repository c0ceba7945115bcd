//! Why a file is not counted, with a message for the person who has to correct it.

use std::{error::Error, fmt};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;

/// Why a file is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportRefusal {
    /// The file is empty or blank.
    Empty,
    /// The file is larger than [`LARGEST_FILE`].
    TooLarge {
        /// The size of the file.
        bytes: usize,
    },
    /// The file cannot be decoded as text.
    Encoding(EncodingFault),
    /// The file is not well-formed XML.
    Xml {
        /// The line, from 1.
        line: u64,
        /// The column, from 1, in characters.
        column: u64,
        /// The message of the XML parser.
        reason: String,
    },
    /// The file starts as JSON but is not valid to its end.
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes.
        column: usize,
        /// The message of the JSON parser.
        reason: String,
    },
    /// The DOCTYPE declares entities with replacement text, as an entity expansion attack does. No test tool does.
    Entities,
    /// XML elements are nested more deeply than in any report.
    TooDeep {
        /// How many levels are read.
        limit: usize,
    },
    /// The file is complete, but it is not a test report.
    NotAReport {
        /// What the file is instead: the first half of the message.
        found: String,
    },
    /// The content matches none of the formats that are read here.
    Unrecognized,
    /// The file is complete, but it is not a coverage report.
    NotCoverage {
        /// What the file is instead: the first half of the message.
        found: String,
    },
    /// The content matches none of the formats of coverage reports.
    UnrecognizedCoverage,
    /// The file is a coverage report, but a part of it is missing or cannot be true.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
}

/// Why the bytes of a file cannot be decoded as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodingFault {
    /// The file is UTF-32.
    Utf32,
    /// The XML declaration names an encoding that is not known.
    Unknown {
        /// The name, shortened.
        label: String,
    },
    /// The bytes are invalid in the declared or detected encoding.
    NotAsDeclared {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// The bytes are not UTF-8, and no other encoding is declared.
    NotUtf8 {
        /// The line of the first invalid byte, from 1.
        line: usize,
    },
}

impl ReportRefusal {
    /// Whether the file is something other than the wanted report, so that a directory of reports may contain it.
    /// `false` for an empty, broken or too large file, which may be a damaged report.
    #[must_use]
    pub fn is_other(&self) -> bool {
        matches!(
            self,
            Self::NotAReport { .. } | Self::Unrecognized | Self::NotCoverage { .. } | Self::UnrecognizedCoverage
        )
    }
}

impl fmt::Display for ReportRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty; did the test tool run?"),
            Self::TooLarge { bytes } => write!(
                f,
                "the file has {bytes} bytes, more than the {LARGEST_FILE} that are read; leave the tests' output \
                 out of it"
            ),
            Self::Encoding(fault) => fault.fmt(f),
            Self::Xml { line, column, reason } => {
                write!(f, "not well-formed XML, line {line}, column {column}: {reason}")
            }
            Self::Json { line, column, reason } => {
                write!(f, "broken JSON, line {line}, column {column}: {reason}")
            }
            Self::Entities => f.write_str(
                "the DOCTYPE declares entities with a text of their own, which are never expanded; take the DOCTYPE \
                 out",
            ),
            Self::TooDeep { limit } => write!(f, "elements lie more than {limit} levels deep, which no report's do"),
            Self::NotAReport { found } => write!(f, "{found}, which is no report of tests"),
            Self::Unrecognized => f.write_str(
                "no kind of report is recognized in it; known are JUnit XML, TRX, NUnit, xUnit.net, TestNG, Robot \
                 Framework, CTest, Boost.Test, Catch2, doctest, CppUnit, Check, TAP, CTRF, Cucumber JSON and messages, \
                 and what go, cargo, dart, mocha, Mochawesome, RSpec, Playwright, Jest and Vitest write",
            ),
            Self::NotCoverage { found } => write!(f, "{found}, which is no report of coverage"),
            Self::UnrecognizedCoverage => f.write_str(
                "no kind of coverage report is recognized in it; known are Cobertura, JaCoCo, Clover, OpenCover, \
                 dotCover and Visual Studio XML, lcov, go cover profiles, and the JSON of Istanbul, coverage.py, \
                 SimpleCov, llvm-cov, gcov, gcovr and Coveralls",
            ),
            Self::Damaged { reason } => f.write_str(reason),
        }
    }
}

impl fmt::Display for EncodingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf32 => f.write_str("the file is UTF-32, which is not read; save it as UTF-8"),
            Self::Unknown { label } => write!(f, "the encoding `{label}` is not known; save the file as UTF-8"),
            Self::NotAsDeclared { encoding } => write!(f, "the file is not the {encoding} that it claims to be"),
            Self::NotUtf8 { line } => {
                write!(f, "line {line} has bytes that are not UTF-8; save it as such, or declare its encoding")
            }
        }
    }
}

impl Error for ReportRefusal {}
impl Error for EncodingFault {}
