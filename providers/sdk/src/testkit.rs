//! Tests a provider with transcripts: replays them, makes every call twice, and corrupts every answer.
//!
//! A transcript is a JSON file: a call, then turns, each with the provider's requests and the answers to them. The same
//! file tests a Rust provider in process, the same provider as a built library, and a provider in C.
//!
//! ```json
//! {
//!   "call": { "name": "greeting", "params": { "name": "world" },
//!             "settings": { "upstream": "https://example.com" }, "now": 1790000000 },
//!   "turns": [
//!     { "fetch": ["https://example.com/greetings/world.json"],
//!       "answers": [{ "status": 200, "json": "hello world" }] },
//!     { "done": { "message": "hello world", "color": "blue" } }
//!   ]
//! }
//! ```
//!
//! With `UPDATE=1` in the environment the provider's side of each transcript is rewritten, so that a reviewer can read
//! the difference.

mod fault;
mod spoil;
mod subject;
mod transcript;

use std::{fs, path::Path};

pub use fault::{CheckFailed, TranscriptFault, TurnFault};
pub use subject::{InProcess, Subject, SubjectFault};
pub use transcript::{Transcript, Turn, WrittenAnswer};

/// Checks every transcript in a folder and returns how many there were.
///
/// Each turn must equal the transcript's, twice in a row. Then the answers are corrupted one at a time (500, 404,
/// empty, HTML, `[]`, `{}`, cut in half), and the call must end in a failure unless the answer's `tolerates` lists the
/// corruption.
///
/// # Errors
/// [`CheckFailed`], a line for each transcript that failed; also if the folder has none.
pub fn check(subject: &dyn Subject, folder: &Path) -> Result<usize, CheckFailed> {
    let update = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(|fault| CheckFailed::of(folder, &fault))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(CheckFailed::of(folder, &"no transcripts"));
    }
    let faults = files
        .iter()
        .filter_map(|file| check_file(subject, file, update).err().map(|fault| CheckFailed::of(file, &fault)));
    faults.reduce(CheckFailed::and).map_or(Ok(files.len()), Err)
}

fn check_file(subject: &dyn Subject, file: &Path, update: bool) -> Result<(), TranscriptFault> {
    let text = fs::read_to_string(file).map_err(TranscriptFault::File)?;
    let mut transcript = Transcript::parse(&text)?;
    if update {
        transcript.rewrite(subject)?;
        fs::write(file, transcript.to_json()).map_err(TranscriptFault::File)?;
    }
    transcript.replay(subject)?;
    spoil::check(&transcript, subject)
}
