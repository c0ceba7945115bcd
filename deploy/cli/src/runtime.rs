//! The asynchronous runtime of the commands that end by themselves, unlike `serve`.

use std::pin::{Pin, pin};

use tokio::runtime::{Builder, Runtime};

use crate::command_error::CommandError;

/// A runtime on this thread.
pub(crate) fn single_threaded() -> Result<Runtime, CommandError> {
    Builder::new_current_thread().enable_all().build().map_err(CommandError::Runtime)
}

/// Runs a command's work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    // tokio compiles the future that it is given twice, with the budget of its scheduler and without. A pinned
    // reference keeps that code small.
    let work: Pin<&mut dyn Future<Output = _>> = pin!(work);
    single_threaded()?.block_on(work)
}
