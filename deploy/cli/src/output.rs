//! Standard output of the commands.

use std::io::{self, Write};

use crate::command_error::CommandError;

/// Writes a text at once.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    print_bytes(text.as_bytes())
}

/// Writes a notice to standard error, with the name of the program before each line. If standard error is closed, the
/// notice is lost.
pub(crate) fn print_notice(text: &str) {
    let text: String = text.lines().map(|line| format!("badgesmith: {line}\n")).collect();
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes bytes at once, such as a picture.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), CommandError> {
    let mut out = io::stdout();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(CommandError::StandardOutput)
}
