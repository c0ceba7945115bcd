//! The checksums of plugins' files, as plugins.toml has them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::signature::hex;

/// A file's SHA-256 in hexadecimal digits.
///
/// # Errors
/// Why the file cannot be read.
pub fn checksum(path: &Path) -> Result<String, String> {
    let in_words = |fault: io::Error| format!("it cannot be read: {fault}");
    let mut file = File::open(path).map_err(in_words)?;
    // A piece at a time: new memory for all of it would take as long as the sum.
    let (mut sum, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut piece).map_err(in_words)? {
            0 => break,
            read => sum.update(&piece[..read]),
        }
    }
    Ok(hex(&sum.finalize()))
}

/// Compares the file's SHA-256 with the expected one, if one is expected. `what` is what the file is called in words.
///
/// # Errors
/// The two checksums, and what to write where the file was meant to change.
pub(super) fn compare(path: &Path, expected: &str, what: &str) -> Result<(), String> {
    if expected.is_empty() {
        return Ok(());
    }
    let actual = checksum(path)?;
    if actual.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(format!(
        "sha256 is {actual}, plugins.toml says {expected}; if the {what} was meant to change, write sha256 = \"{actual}\""
    ))
}
