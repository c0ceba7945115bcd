//! Why the command failed, with the exit code of each failure.

use std::{fmt, io, path::PathBuf};

use crate::command_error::CommandError;

/// Why the command failed. Refused files are not errors of this type: the command lists the badges of the other files
/// all the same.
#[derive(Debug)]
pub(super) enum ReadmeFailure {
    /// The HTTP client could not be built, so nothing was requested.
    Client(CommandError),
    Output(CommandError),
    Json(serde_json::Error),
    Write {
        path: PathBuf,
        fault: io::Error,
    },
}

impl fmt::Display for ReadmeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(fault) | Self::Output(fault) => fault.fmt(f),
            Self::Json(fault) => fault.fmt(f),
            Self::Write { path, fault } => write!(f, "{} was not written: {fault}", path.display()),
        }
    }
}
