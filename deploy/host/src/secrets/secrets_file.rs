//! `secrets.json`: how it is read within bounds, and replaced as a whole, sealed if there is a key.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use badgesmith_engine::world::Secret;
use badgesmith_provider::fold;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    data_directory,
    seal::{Purpose, SealError, Sealer, envelope},
};

/// The file's name in the data directory.
pub(crate) const NAME: &str = "secrets.json";
/// The largest text of the secrets that is read, in bytes: some ten thousand of them. It is read on the thread that
/// serves requests.
pub(super) const LARGEST_FILE: u64 = 4 * 1024 * 1024;
/// The largest sealed file, in bytes: base64 has four characters for three bytes, and an envelope some hundred more.
pub(super) const LARGEST_SEALED: u64 = LARGEST_FILE / 3 * 4 + 16 * 1024;

/// The file of a data directory.
#[derive(Debug)]
pub(super) struct SecretsFile {
    path: PathBuf,
    sealer: Arc<Sealer>,
}

/// What is wrong with the file.
#[derive(Debug)]
pub struct SecretsFileError {
    path: PathBuf,
    cause: SecretsFault,
}

/// What is wrong, without the file's name.
#[derive(Debug)]
pub(super) enum SecretsFault {
    /// It cannot be read or written, or it does not have the form of secrets.json.
    Io(io::Error),
    /// It cannot be sealed or opened.
    Seal(SealError),
}

/// The contents of the file.
#[derive(Debug, Default)]
pub(super) struct LoadedSecrets {
    pub(super) entries: Vec<SecretEntry>,
    /// The name of the key with which the file is sealed; `None` if it is not.
    pub(super) key: Option<String>,
}

/// Properties of the file that change when its contents do.
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
    pub(super) fn new(directory: &Path, sealer: Arc<Sealer>) -> Self {
        Self { path: directory.join(NAME), sealer }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    pub(super) fn error(&self, cause: impl Into<SecretsFault>) -> SecretsFileError {
        SecretsFileError { path: self.path.clone(), cause: cause.into() }
    }

    /// Locks the file against other commands until the returned file is dropped.
    pub(super) fn lock(&self) -> io::Result<File> {
        let lock = data_directory::open_file(&self.path.with_extension("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// The stamp of the present file; `None` if there is no file.
    pub(super) fn stamp(&self) -> io::Result<Option<FileStamp>> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            metadata => FileStamp::new(&metadata?).map(Some),
        }
    }

    /// The entries; none if there is no file.
    pub(super) fn load(&self) -> Result<LoadedSecrets, SecretsFault> {
        // Checked before it is opened, because opening a named pipe waits for its other end.
        if self.stamp()?.is_none() {
            return Ok(LoadedSecrets::default());
        }
        let mut text = Zeroizing::new(Vec::new());
        File::open(&self.path)?.take(LARGEST_SEALED + 1).read_to_end(&mut text)?;
        if !envelope::is_sealed(&text) {
            return Ok(LoadedSecrets { entries: entries(&text)?, key: None });
        }
        if text.len() as u64 > LARGEST_SEALED {
            return Err(too_large().into());
        }
        let opened = envelope::open(&self.sealer, Purpose::Secrets, &text)?;
        Ok(LoadedSecrets { entries: entries(&opened.text)?, key: Some(opened.key) })
    }

    /// Replaces all entries, sealed if there is a key that seals, and returns its name.
    pub(super) fn replace(&self, secrets: Vec<SecretEntry>) -> Result<Option<String>, SecretsFault> {
        let text = text(secrets)?;
        if !self.sealer.is_sealing() {
            data_directory::replace(&self.path, &text)?;
            return Ok(None);
        }
        let (sealed, key) = envelope::seal(&self.sealer, Purpose::Secrets, &text)?;
        data_directory::replace(&self.path, &sealed)?;
        Ok(Some(key))
    }

    /// Writes all entries as plain text, whether or not there is a key.
    pub(super) fn replace_plain(&self, secrets: Vec<SecretEntry>) -> Result<(), SecretsFault> {
        Ok(data_directory::replace(&self.path, &text(secrets)?)?)
    }
}

/// The entries of a plain text.
fn entries(text: &[u8]) -> io::Result<Vec<SecretEntry>> {
    if text.len() as u64 > LARGEST_FILE {
        return Err(too_large());
    }
    // The parser's own message might quote a value.
    let contents: Contents = serde_json::from_slice(text).map_err(|error| {
        let words = format!("not the secrets' JSON at line {} column {}", error.line(), error.column());
        io::Error::new(ErrorKind::InvalidData, words)
    })?;
    Ok(contents.secrets)
}

/// The plain text of all entries.
fn text(secrets: Vec<SecretEntry>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(serde_json::to_vec_pretty(&Contents { secrets })?);
    text.write_all(b"\n")?;
    if text.len() as u64 > LARGEST_FILE { Err(too_large()) } else { Ok(text) }
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
        if metadata.len() > LARGEST_SEALED {
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
        match &self.cause {
            SecretsFault::Io(cause) => Some(cause),
            SecretsFault::Seal(cause) => Some(cause),
        }
    }
}

impl fmt::Display for SecretsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => cause.fmt(f),
            Self::Seal(cause) => cause.fmt(f),
        }
    }
}

impl From<io::Error> for SecretsFault {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<SealError> for SecretsFault {
    fn from(cause: SealError) -> Self {
        Self::Seal(cause)
    }
}
