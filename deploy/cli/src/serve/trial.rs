//! Loads the plugins in another process first: opening a damaged or truncated library can end the process, and no check
//! of its bytes finds every damage.

use std::{
    io::{self, Read},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::command_error::CommandError;

/// The exit code of a command that ended with an error. The reload then finds and reports all mistakes itself.
const REFUSED: i32 = 1;
/// How many bytes of the other process's output are repeated.
const LONGEST_WORDS: usize = 500;
/// How long the other process may take. It is ended before the reload gives up, since the thread that reads the plugins
/// afterwards cannot be ended.
const LONGEST: Duration = Duration::from_secs(20);
/// The pause between two checks whether the process has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// How long to wait for its output after it has ended. The pipe stays open longer if it started a process that
/// inherited the pipe.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Loads the configured plugins in a process of its own.
///
/// # Errors
/// The process did not end with an exit code of a command, or did not end at all.
pub(super) fn load_elsewhere(config: Option<&Path>) -> Result<(), CommandError> {
    // This link leads to the running program even after its file was replaced by a newer one.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    let Ok(program) = program else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(["plugin", "list"]).env("LOG_LEVEL", "error");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let ended = command.spawn().and_then(|mut process| {
        let words = read(process.stderr.take());
        Ok((wait(&mut process)?, words))
    });
    match ended {
        Err(error) => {
            tracing::warn!(%error, "the plugins are not loaded in another process first");
            Ok(())
        }
        Ok((None, _)) => Err(CommandError::ReloadLate),
        Ok((Some(status), _)) if status.success() || status.code() == Some(REFUSED) => Ok(()),
        Ok((Some(status), words)) => Err(CommandError::PluginEndsProcess { status, said: said(&words) }),
    }
}

/// Waits until a process has ended. If that takes too long, kills it and returns `None`.
fn wait(process: &mut Child) -> io::Result<Option<ExitStatus>> {
    let late = Instant::now() + LONGEST;
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= late {
            process.kill()?;
            process.wait()?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

/// Reads what a process writes, on a thread that ends with the last process that can write there. All of it is read,
/// because a full pipe would stop the process, and the beginning is sent.
fn read(pipe: Option<ChildStderr>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, words) = mpsc::channel();
    thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let (mut part, mut room) = ([0; 4096], LONGEST_WORDS);
        while let Ok(count @ 1..) = pipe.read(&mut part) {
            let kept = count.min(room);
            room -= kept;
            if kept > 0 {
                let _ = sender.send(part[..kept].to_vec());
            }
        }
    });
    words
}

/// The beginning of the output, on one line.
fn said(words: &mpsc::Receiver<Vec<u8>>) -> String {
    let (late, mut said) = (Instant::now() + LAST_WORDS, Vec::new());
    while let Ok(part) = words.recv_timeout(late.saturating_duration_since(Instant::now())) {
        said.extend(part);
    }
    String::from_utf8_lossy(&said).chars().filter(|c| !c.is_control()).collect()
}
