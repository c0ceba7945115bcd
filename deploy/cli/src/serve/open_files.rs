//! The limit of open file descriptors of the process, sockets included.

use std::io;

#[cfg(unix)]
use rustix::{
    io::Errno,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

/// The highest limit that is requested: enough for every connection, and small enough for the kernel's table.
#[cfg(unix)]
const HIGHEST: u64 = 65_536;

/// Raises the soft limit of open files to the hard limit, and returns it; `None` where the system has no such limit.
#[cfg(unix)]
pub(crate) fn raise_limit() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(HIGHEST).min(HIGHEST).max(current.unwrap_or(HIGHEST));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    if let Err(fault) = &raised {
        tracing::warn!(%fault, "the number of open files cannot be raised");
    }
    let may = if raised.is_ok() { Some(wanted) } else { current };
    may.and_then(|may| usize::try_from(may).ok())
}

#[cfg(not(unix))]
pub(crate) fn raise_limit() -> Option<usize> {
    None
}

/// Whether the error says that the process has reached its limit of open files.
#[cfg(unix)]
pub(crate) fn is_exhausted(fault: &io::Error) -> bool {
    Errno::from_io_error(fault) == Some(Errno::MFILE)
}

#[cfg(not(unix))]
pub(crate) fn is_exhausted(_: &io::Error) -> bool {
    false
}
