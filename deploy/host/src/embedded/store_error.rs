//! Why the embedded store cannot do something.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind},
};

use badgesmith_engine::store::Unavailable;

/// Why the embedded store cannot do something. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The disk, a quota or a file size limit leaves no room for a write.
    Full(String),
    /// The file's contents are not what the store wrote.
    Damaged(String),
    /// One stored value is not what the store wrote; the text names its key.
    DamagedValue(String),
    /// A newer version of this program wrote the file; it was left as it is.
    Newer {
        /// The version of its tables.
        version: u64,
    },
    /// Another process has the file open.
    Locked,
    /// The file at the path is no longer the one that was opened.
    Replaced,
    /// The file is not open at the moment.
    NotOpen,
    /// The writer thread panicked.
    WriterPanicked,
    /// The operating system reported an error.
    Io(String),
    /// redb reported an error.
    Database(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(cause) => write!(f, "there is no room: {cause}"),
            Self::Damaged(cause) => write!(f, "the file is damaged: {cause}"),
            Self::DamagedValue(cause) => write!(f, "a value is damaged: {cause}"),
            Self::Newer { version } => {
                write!(f, "a newer badgesmith wrote the store, whose tables have version {version}")
            }
            Self::Locked => f.write_str("another process has the file open"),
            Self::Replaced => f.write_str("the file was removed or replaced while it was open"),
            Self::NotOpen => f.write_str("the file is not open"),
            Self::WriterPanicked => f.write_str("the writer of the store broke off"),
            Self::Io(cause) | Self::Database(cause) => f.write_str(cause),
        }
    }
}

impl Error for StoreError {}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => error.into(),
            redb::Error::Corrupted(cause) => Self::Damaged(cause),
            redb::Error::DatabaseAlreadyOpen => Self::Locked,
            // A table of another program, or a file format that this version does not read.
            error @ (redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_)) => Self::Damaged(error.to_string()),
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        let cause = error.to_string();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full(cause),
            // The file ends before a page that it should have, or is not a redb file.
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Self::Damaged(cause),
            _ => Self::Io(cause),
        }
    }
}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
