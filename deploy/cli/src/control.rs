//! Talks to the running server of a data directory through its control socket: the request is one line, the answer is
//! one line of JSON.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::command_error::CommandError;

/// The socket in the data directory.
const SOCKET: &str = "control.sock";
/// Asks the server to read plugins.toml again.
pub(crate) const RELOAD: &str = "reload";
/// Requests a backup, whose contents follow the answer.
pub(crate) const BACKUP: &str = "backup";
/// How long the server may take: it opens every library, and compares checksums.
const PATIENCE: Duration = Duration::from_secs(120);

/// The socket of the server of a data directory.
pub(crate) fn socket_path(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// The answer to every request.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum ControlAnswer {
    /// Another configuration is in use.
    Reloaded {
        /// How many plugins it has.
        plugins: usize,
        /// The settings whose changes take effect only when the server is restarted.
        needs_restart: Vec<String>,
    },
    /// A backup follows, and then the end of the connection.
    Backup,
    /// Nothing changed, for these reasons.
    Refused { mistakes: Vec<String> },
}

/// Sends a request to the server of a data directory, and returns its answer and a reader of the bytes after it.
///
/// # Errors
/// There is no server, or it gives no answer.
pub(crate) fn ask(data: &Path, request: &str) -> Result<(ControlAnswer, BufReader<UnixStream>), CommandError> {
    let path = socket_path(data);
    let mut stream = UnixStream::connect(&path).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => CommandError::NoServer { data: data.to_owned() },
        // The path is longer than the address of a socket may be.
        io::ErrorKind::InvalidInput => CommandError::SocketPathTooLong { path: path.clone() },
        _ => CommandError::File { path: path.clone(), cause },
    })?;
    let answer = || {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{request}\n").as_bytes())?;
        let (mut stream, mut line) = (BufReader::new(stream), String::new());
        stream.read_line(&mut line)?;
        Ok((serde_json::from_str(&line)?, stream))
    };
    answer().map_err(CommandError::file(path))
}

/// A backup that the server of a data directory writes; `None` if no server answers on the socket.
///
/// # Errors
/// The server makes no backup.
pub(crate) fn backup(data: &Path) -> Result<Option<BufReader<UnixStream>>, CommandError> {
    match ask(data, BACKUP) {
        Ok((ControlAnswer::Backup, stream)) => Ok(Some(stream)),
        Ok((ControlAnswer::Refused { mistakes }, _)) => Err(CommandError::ServerRefused { mistakes }),
        Ok((ControlAnswer::Reloaded { .. }, _)) => Ok(None),
        Err(CommandError::NoServer { .. } | CommandError::SocketPathTooLong { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
