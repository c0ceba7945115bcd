//! Replays transcripts against a provider, asks everything twice, and spoils every answer.
//!
//! A transcript is a JSON file: a call, then turns of step and answers. The same file tests a Rust provider in
//! process, the same provider as a built library, and a provider in C.
//!
//! ```json
//! {
//!   "call": { "name": "greeting", "params": { "name": "world" },
//!             "settings": { "upstream": "https://example.com" }, "now": 1790000000 },
//!   "turns": [
//!     { "fetch": ["https://example.com/greetings/world.json"], "answers": [{ "status": 200, "json": "hello world" }] },
//!     { "done": { "message": "hello world", "color": "blue" } }
//!   ]
//! }
//! ```
//!
//! With `UPDATE=1` in the environment the steps are written anew, and the difference is what a reviewer reads.

mod spoil;
mod transcript;

use std::{fs, panic, path::Path};

pub use transcript::{Reply, Transcript, Turn};

use crate::{Provider, message};

/// Something that takes the turns of a provider: the provider itself, or a library built of one.
pub trait Subject {
    /// One turn: a call and its answers' bodies in, a step out.
    ///
    /// # Errors
    /// What went wrong on the way, a panic included.
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String>;
}

/// A provider in this process.
#[derive(Debug)]
pub struct InProcess<P>(pub P);

impl<P: Provider + panic::RefUnwindSafe> Subject for InProcess<P> {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        panic::catch_unwind(|| message::answer(&self.0, call, bodies)).map_err(|_| "it panicked".to_owned())?
    }
}

/// Checks every transcript in a folder and returns how many there were, or every fault with the name of its file.
///
/// Each turn must be what the transcript says, twice in a row. Then every answer is spoiled in turn (500, 404, empty,
/// HTML, `[]`, `{}`, cut in half), and the call must end in a failure unless the answer's `tolerates` names the spoil.
///
/// # Errors
/// A line for each fault.
pub fn check(subject: &dyn Subject, folder: &Path) -> Result<usize, String> {
    let update = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(|fault| format!("{}: {fault}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    let mut faults = Vec::new();
    for file in &files {
        if let Err(fault) = check_file(subject, file, update) {
            faults.push(format!("{}: {fault}", file.display()));
        }
    }
    if files.is_empty() {
        faults.push(format!("{}: no transcripts", folder.display()));
    }
    if faults.is_empty() { Ok(files.len()) } else { Err(faults.join("\n")) }
}

fn check_file(subject: &dyn Subject, file: &Path, update: bool) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|fault| fault.to_string())?;
    let mut transcript = Transcript::parse(&text)?;
    if update {
        transcript.rewrite(subject)?;
        fs::write(file, transcript.to_json()).map_err(|fault| fault.to_string())?;
    }
    transcript.replay(subject)?;
    spoil::check(&transcript, subject)
}
