//! `secrets.json`: how it is read within bounds, and replaced as a whole.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use badgesmith_engine::world::Secret;
use badgesmith_provider::fold;
use serde::{Deserialize, Serialize};

use crate::data_directory;

/// The file's name in the data directory.
pub(super) const NAME: &str = "secrets.json";
/// The largest file that is read, in bytes: some ten thousand secrets. It is read on the thread that serves requests.
pub(super) const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// The file of a data directory.
#[derive(Debug)]
pub(super) struct SecretsFile {
    path: PathBuf,
}

/// What is wrong with the file.
#[derive(Debug)]
pub struct SecretsFileError {
    path: PathBuf,
    cause: io::Error,
}

/// What changes when the file does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileStamp {
    modified: SystemTime,
    size: u64,
    /// The permission bits on Unix; 0 elsewhere.
    pub(super) mode: u32,
}

/// The secrets of one holder for one purpose.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct SecretEntry {
    /// The holder: an owner, or `owner/repo`.
    pub(super) owner: String,
    pub(super) purpose: String,
    /// The valid values, newest first.
    pub(super) values: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct Contents {
    secrets: Vec<SecretEntry>,
}

impl SecretsFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self { path: directory.join(NAME) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn error(&self, cause: io::Error) -> SecretsFileError {
        SecretsFileError { path: self.path.clone(), cause }
    }

    /// Locks the file against other commands until the returned file is dropped.
    pub(super) fn lock(&self) -> io::Result<File> {
        let lock = data_directory::open_file(&self.path.with_extension("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// What the file looks like now; `None` if there is no file.
    pub(super) fn stamp(&self) -> io::Result<Option<FileStamp>> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            metadata => FileStamp::new(&metadata?).map(Some),
        }
    }

    /// The entries; none if there is no file.
    pub(super) fn load(&self) -> io::Result<Vec<SecretEntry>> {
        // Checked before it is opened, because opening a named pipe waits for its other end.
        if self.stamp()?.is_none() {
            return Ok(Vec::new());
        }
        let mut text = Vec::new();
        File::open(&self.path)?.take(LARGEST_FILE + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(too_large());
        }
        // The parser's own message might quote a value.
        let contents: Contents = serde_json::from_slice(&text).map_err(|error| {
            let words = format!("not the secrets' JSON at line {} column {}", error.line(), error.column());
            io::Error::new(ErrorKind::InvalidData, words)
        })?;
        Ok(contents.secrets)
    }

    /// Replaces all entries.
    pub(super) fn replace(&self, secrets: Vec<SecretEntry>) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&Contents { secrets })?;
        text.write_all(b"\n")?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(too_large());
        }
        data_directory::replace(&self.path, &text)
    }
}

impl SecretEntry {
    pub(super) fn new(holder: &str, purpose: &str, value: &str) -> Self {
        Self { owner: fold(holder), purpose: purpose.to_owned(), values: vec![value.to_owned()] }
    }

    /// The values, newest first.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        self.values.iter().map(Secret::new).collect()
    }

    pub(super) fn is_for(&self, holder: &str, purpose: &str) -> bool {
        self.owner == fold(holder) && self.purpose == purpose
    }
}

/// Shows no value.
impl fmt::Debug for SecretEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.purpose, self.owner)
    }
}

impl FileStamp {
    fn new(metadata: &fs::Metadata) -> io::Result<Self> {
        if !metadata.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file, but a directory, a pipe or a device"));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(too_large());
        }
        #[cfg(unix)]
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        #[cfg(not(unix))]
        let mode = 0;
        Ok(Self { modified: metadata.modified()?, size: metadata.len(), mode })
    }
}

fn too_large() -> io::Error {
    let words = format!("it has more than the {LARGEST_FILE} bytes that are read; remove secrets that nobody needs");
    io::Error::new(ErrorKind::InvalidData, words)
}

impl fmt::Display for SecretsFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

impl Error for SecretsFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}
