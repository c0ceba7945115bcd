//! Why the command failed, with the exit code of each failure.

use std::{fmt, io, path::PathBuf};

use crate::command_error::CommandError;

/// Why the command failed. Refused files are not here: the others are listed all the same.
#[derive(Debug)]
pub(super) enum ReadmeFailure {
    /// Nothing could be asked.
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
