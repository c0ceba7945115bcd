//! The format of a backup: lines of JSON. The last line has a checksum of all lines before it, so a backup that was cut
//! or changed is refused.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    io::{self, BufRead, Read, Write},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{Context, Digest, SHA256};
use serde::{Deserialize, Serialize};

/// The version of the format.
pub(super) const FORMAT: u32 = 1;
/// The longest line, in bytes: the largest value of the store and the largest secrets.json, in base64.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// A line of a backup. Values are in base64, as they are stored, with their checksums.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BackupLine<'a> {
    /// The first line: the version of the format, and that of the store.
    Backup {
        /// The version of the format.
        format: u32,
        /// The version of the store's tables.
        store: u64,
    },
    /// A row of the kind with this number.
    Row {
        /// The number of the kind.
        kind: u8,
        /// The partition and the key.
        at: (Cow<'a, str>, Cow<'a, str>),
        /// The stored value.
        value: String,
    },
    /// A claim.
    Claim {
        /// The partition and the key.
        at: (Cow<'a, str>, Cow<'a, str>),
        /// The stored number.
        value: u64,
    },
    /// `secrets.json`, sealed if it is.
    Secrets {
        /// The file.
        file: String,
    },
    /// The last line.
    End {
        /// The number of lines before this one.
        lines: u64,
        /// The SHA-256 of all of them in base64.
        sha256: String,
    },
}

/// Why a backup is refused.
#[derive(Debug)]
pub enum BackupError {
    /// It cannot be read.
    Io(io::Error),
    /// It is no backup.
    Form {
        /// The number of the line that does not belong to a backup.
        line: u64,
    },
    /// A newer version wrote it.
    Newer,
    /// It ends too early.
    Cut,
    /// Its contents were changed after it was written.
    Changed,
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => cause.fmt(f),
            Self::Form { line } => write!(f, "line {line} is none of a backup's; name a file of `badgesmith backup`"),
            Self::Newer => f.write_str("a newer badgesmith wrote this backup; restore it with that version"),
            Self::Cut => f.write_str("the backup has no end; take another one, or restore another copy of it"),
            Self::Changed => f.write_str("the backup is not as it was written; restore another copy of it"),
        }
    }
}

impl Error for BackupError {}

impl From<io::Error> for BackupError {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

/// Bytes as base64, the form that they have in a backup.
pub(super) fn written(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text in a backup; `None` if the text is not base64.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn sum(digest: Digest) -> String {
    STANDARD.encode(digest)
}

/// Writes the lines of a backup.
pub(super) struct BackupWriter<'a> {
    out: &'a mut dyn Write,
    digest: Context,
    lines: u64,
}

impl<'a> BackupWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, digest: Context::new(&SHA256), lines: 0 }
    }

    pub(super) fn write(&mut self, line: &BackupLine<'_>) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.digest.update(&text);
        self.lines += 1;
        self.out.write_all(&text)
    }

    pub(super) fn finish(self) -> io::Result<()> {
        let end = BackupLine::End { lines: self.lines, sha256: sum(self.digest.finish()) };
        self.out.write_all(&serde_json::to_vec(&end)?)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Reads the lines of a backup, and hands the text of each and the line itself to `each`, the last one included.
///
/// # Errors
/// Why it is refused, or the first error of `each`.
pub(super) fn read<E: From<BackupError>>(
    mut input: impl BufRead,
    mut each: impl FnMut(&[u8], BackupLine<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut digest, mut lines, mut text) = (Context::new(&SHA256), 0, Vec::new());
    loop {
        text.clear();
        input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text).map_err(BackupError::Io)?;
        if text.last() != Some(&b'\n') {
            return Err(BackupError::Cut.into());
        }
        let line: BackupLine<'_> = serde_json::from_slice(&text).map_err(|_| BackupError::Form { line: lines + 1 })?;
        match &line {
            BackupLine::Backup { format, .. } if lines == 0 && *format > FORMAT => {
                return Err(BackupError::Newer.into());
            }
            BackupLine::Backup { .. } if lines == 0 => {}
            BackupLine::End { lines: all, sha256 } => {
                let ends = input.fill_buf().map_err(BackupError::Io)?.is_empty();
                if !ends || *all != lines || *sha256 != sum(digest.finish()) {
                    return Err(BackupError::Changed.into());
                }
                return each(&text, line);
            }
            BackupLine::Backup { .. } => return Err(BackupError::Form { line: lines + 1 }.into()),
            _ if lines == 0 => return Err(BackupError::Form { line: 1 }.into()),
            _ => {}
        }
        digest.update(&text);
        lines += 1;
        each(&text, line)?;
    }
}
