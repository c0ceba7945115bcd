//! Loads the plugins in another process first: a library that is damaged or cut can end the process that opens it, and no
//! check of its bytes tells all of them.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::command_error::CommandError;

/// The exit code of a command that refused something. The reload says all mistakes itself then.
const REFUSED: i32 = 1;
/// How much of what the other process wrote is repeated, in bytes.
const LONGEST_WORDS: usize = 500;

/// Loads the configured plugins in a process of its own.
///
/// # Errors
/// The process ended in another way than a command does.
pub(super) fn load_elsewhere(config: Option<&Path>) -> Result<(), CommandError> {
    // It leads to this program even after the file was replaced by a newer one.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    let Ok(program) = program else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(["plugin", "list"]).env("LOG_LEVEL", "error").stdin(Stdio::null());
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            tracing::warn!(%error, "the plugins are not loaded in another process first");
            return Ok(());
        }
    };
    if output.status.success() || output.status.code() == Some(REFUSED) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect();
    Err(CommandError::PluginEndsProcess { status: output.status, said })
}
