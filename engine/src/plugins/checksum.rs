//! The checksums of plugins' files, as `sha256` in plugins.toml has them.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use sha2::{Digest, Sha256};

/// Why a file's checksum is not the expected one.
#[derive(Clone, Debug)]
pub enum ChecksumError {
    /// The file cannot be read.
    Unreadable(Arc<io::Error>),
    /// The file has another checksum.
    Different {
        /// The file's checksum.
        actual: String,
        /// The checksum in plugins.toml.
        expected: String,
        /// What the message calls the file: `library` or `file`.
        name: &'static str,
    },
}

/// A file's SHA-256 in hexadecimal digits.
///
/// # Errors
/// [`ChecksumError::Unreadable`].
pub fn checksum(path: &Path) -> Result<String, ChecksumError> {
    let mut file = File::open(path)?;
    // Read in chunks: allocating memory for the whole of a large library takes as long as hashing it.
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            read => hash.update(&chunk[..read]),
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// A text's SHA-256 in hexadecimal digits.
pub(super) fn checksum_of(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Compares a file's SHA-256 with the expected one; if `expected` is empty, nothing is compared. The message calls the
/// file `name`.
///
/// # Errors
/// [`ChecksumError`].
pub(super) fn compare(path: &Path, expected: &str, name: &'static str) -> Result<(), ChecksumError> {
    if expected.is_empty() {
        return Ok(());
    }
    let actual = checksum(path)?;
    if actual.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(ChecksumError::Different { actual, expected: expected.to_owned(), name })
}

impl From<io::Error> for ChecksumError {
    fn from(fault: io::Error) -> Self {
        Self::Unreadable(Arc::new(fault))
    }
}

impl fmt::Display for ChecksumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(fault) => write!(f, "it cannot be read: {fault}"),
            Self::Different { actual, expected, name } => write!(
                f,
                "sha256 is {actual}, plugins.toml says {expected}; if the {name} was meant to change, \
                 write sha256 = \"{actual}\""
            ),
        }
    }
}

impl Error for ChecksumError {}
