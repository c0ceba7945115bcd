//! Why no pictures were made from reports.

use std::{fmt, io, path::PathBuf};

use badgesmith_engine::RecordedFault;
use badgesmith_provider::UnreadableManifest;

use super::{history::HistoryFault, render_error::RenderError};
use crate::report::CountFault;

/// Why no pictures were made.
#[derive(Debug)]
pub(super) enum PictureFault {
    Count(CountFault),
    /// A report that a server would refuse, with the server's message.
    Report(String),
    History {
        path: PathBuf,
        fault: HistoryFault,
    },
    /// A `--query` without a question mark.
    QueryForm(String),
    /// A `--query` for a badge that is not made, and those that are.
    QueryBadge {
        name: String,
        known: Vec<String>,
    },
    /// Two badges would have the same file.
    SameFile(String),
    /// A badge that cannot be made, by the name of its file.
    Badge {
        name: String,
        fault: Box<RecordedFault>,
    },
    Draw {
        name: String,
        fault: RenderError,
    },
    File {
        path: PathBuf,
        fault: io::Error,
    },
    /// A manifest that cannot be read; tests rule this out.
    Manifest(UnreadableManifest),
    /// A history that cannot be written as JSON; this does not happen.
    Json(serde_json::Error),
}

impl PictureFault {
    /// The exit code of the command.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Count(fault) => fault.code(),
            Self::Report(_) | Self::QueryForm(_) | Self::QueryBadge { .. } | Self::SameFile(_) | Self::Badge { .. } => {
                2
            }
            Self::History { .. } => 3,
            Self::Draw { .. } | Self::File { .. } | Self::Manifest(_) | Self::Json(_) => 1,
        }
    }
}

impl fmt::Display for PictureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(fault) => fault.fmt(f),
            Self::Report(words) => f.write_str(words),
            Self::History { path, fault } => write!(f, "{}: {fault}", path.display()),
            Self::QueryForm(text) => {
                write!(f, "--query {text}: write BADGE?QUERY, such as coverage?precision=1, or ?QUERY for all badges")
            }
            Self::QueryBadge { name, known } => {
                write!(f, "--query {name}: no badge of this command has this name; there are {}", known.join(", "))
            }
            Self::SameFile(name) => write!(f, "{name}: two badges would have this file; call one of them otherwise"),
            Self::Badge { name, fault } => write!(f, "{name}: {fault}"),
            Self::Draw { name, fault } => write!(f, "{name}: {fault}"),
            Self::File { path, fault } => write!(f, "{}: {fault}", path.display()),
            Self::Manifest(fault) => fault.fmt(f),
            Self::Json(fault) => fault.fmt(f),
        }
    }
}
