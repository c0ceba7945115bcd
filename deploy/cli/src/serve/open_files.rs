//! How many files the process may have open, sockets included.

use std::io;

#[cfg(unix)]
use rustix::{
    io::Errno,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

/// The most it asks for: enough for every connection, and no table of a size that costs something.
#[cfg(unix)]
const MOST: u64 = 65_536;

/// Raises the number of files that may be open to what this user is allowed, and returns it; `None` where there is no
/// such number.
#[cfg(unix)]
pub(crate) fn raise() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST).max(current.unwrap_or(MOST));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    if let Err(fault) = &raised {
        tracing::warn!(%fault, "the number of open files cannot be raised");
    }
    let may = if raised.is_ok() { Some(wanted) } else { current };
    may.and_then(|may| usize::try_from(may).ok())
}

#[cfg(not(unix))]
pub(crate) fn raise() -> Option<usize> {
    None
}

/// Whether this fault is that the process has as many files open as it may.
#[cfg(unix)]
pub(crate) fn has_none_left(fault: &io::Error) -> bool {
    Errno::from_io_error(fault) == Some(Errno::MFILE)
}

#[cfg(not(unix))]
pub(crate) fn has_none_left(_: &io::Error) -> bool {
    false
}
