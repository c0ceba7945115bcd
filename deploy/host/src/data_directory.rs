//! The data directory and its files, which only their user may read.

use std::{
    error::Error,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// Why the data directory cannot be created.
#[derive(Debug)]
pub struct DataDirectoryError {
    directory: PathBuf,
    cause: io::Error,
}

impl fmt::Display for DataDirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; name a directory of its own with --data", self.directory.display(), self.cause)
    }
}

impl Error for DataDirectoryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

/// Creates the directory if it does not exist.
///
/// # Errors
/// The directory and what is wrong with it.
pub fn create(directory: &Path) -> Result<(), DataDirectoryError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|cause| DataDirectoryError { directory: directory.to_owned(), cause })
}

/// Opens a file for reading and writing, and creates it if it does not exist.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.read(true).write(true).create(true).truncate(false).open(path)
}

/// A new file of a random name, which is removed when it is dropped without being renamed.
pub(crate) fn temporary_file(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix("new-").tempfile_in(directory)
}

/// Replaces a file's contents atomically: a reader sees either the old contents or the new.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = temporary_file(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_parent(path)
}

/// Makes a file's name durable by syncing its directory.
///
/// # Errors
/// The directory cannot be synced.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().map(File::open) {
        Some(Ok(directory)) => directory.sync_all(),
        _ => Ok(()),
    }
}
