//! Why no report was sent, with the exit code of each failure.

use std::{fmt, io};

use badgesmith_formats::CoverageConflict;
use badgesmith_host::client::ClientError;

use super::{files::FileRefusal, output::first_lines, send::SendFault, usage::UsageFault};

/// Why no report was sent.
#[derive(Debug)]
pub(super) enum ReportFailure {
    Usage(UsageFault),
    Body(serde_json::Error),
    Files(Vec<FileRefusal>),
    /// None of the files that were found is a report.
    NoReports,
    NoTests {
        reports: usize,
    },
    /// None of the files that were found for the coverage is a coverage report.
    NoCoverage,
    NoLines {
        reports: usize,
    },
    /// Two coverage reports that cannot be merged, and the file of the second.
    Conflict {
        file: String,
        conflict: CoverageConflict,
    },
    Output(io::Error),
    Runtime(io::Error),
    /// The HTTP client cannot be built.
    Client(ClientError),
    /// A report that was not recorded, and its subject.
    Send {
        of: String,
        fault: Box<SendFault>,
    },
}

impl ReportFailure {
    /// The printed message: one line says that nothing was sent, or which report was not recorded.
    pub(super) fn notice(&self) -> String {
        match self {
            Self::Send { .. } => self.to_string(),
            _ => format!("nothing was sent: {self}"),
        }
    }

    /// The exit code of the command.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Output(_) | Self::Runtime(_) | Self::Client(_) | Self::Send { .. } => 1,
            Self::Usage(_) | Self::Body(_) => 2,
            Self::Files(_)
            | Self::NoReports
            | Self::NoTests { .. }
            | Self::NoCoverage
            | Self::NoLines { .. }
            | Self::Conflict { .. } => 3,
        }
    }
}

impl fmt::Display for ReportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(fault) => fault.fmt(f),
            Self::Body(fault) => fault.fmt(f),
            Self::Files(refusals) => f.write_str(&first_lines(refusals)),
            Self::NoReports => f.write_str("no file that was found is a report of tests"),
            Self::NoTests { reports } => {
                write!(f, "the {reports} report(s) have no tests; did they run? --allow-empty sends that all the same")
            }
            Self::NoCoverage => f.write_str("no file that was found is a report of coverage"),
            Self::NoLines { reports } => write!(
                f,
                "the {reports} coverage report(s) have no lines; was the code instrumented? --allow-empty sends that \
                 all the same"
            ),
            Self::Conflict { file, conflict } => write!(f, "{file}: {conflict}"),
            Self::Output(fault) => write!(f, "standard output: {fault}"),
            Self::Runtime(fault) => write!(f, "the runtime cannot start: {fault}"),
            Self::Client(fault) => fault.fmt(f),
            Self::Send { of, fault } => write!(f, "the report of {of} was not recorded: {fault}"),
        }
    }
}

impl From<UsageFault> for ReportFailure {
    fn from(fault: UsageFault) -> Self {
        Self::Usage(fault)
    }
}
