//! Why a provider's file cannot be opened.

use std::{error::Error, fmt, io, path::PathBuf, sync::Arc};

use super::{checksum::ChecksumError, declarative::DeclarativeError, library_error::LibraryError};

/// Why a library or a declarative provider cannot be opened.
///
/// Its `Display` names the file; [`kind`](Self::kind) alone does not.
#[derive(Clone, Debug)]
pub struct ProviderFileError {
    /// The file: the provider's, or the manifest that was packed beside it.
    pub file: PathBuf,
    /// What is wrong with it.
    pub kind: ProviderFileErrorKind,
}

/// What is wrong with a provider's file.
#[derive(Clone, Debug)]
pub enum ProviderFileErrorKind {
    /// It cannot be read.
    Unreadable(Arc<io::Error>),
    /// A declarative provider is too large.
    TooLarge {
        /// How large it is, in bytes.
        size: u64,
        /// How large it may be.
        most: u64,
    },
    /// Its checksum is not the expected one, or cannot be computed.
    Checksum(ChecksumError),
    /// The library is not a provider.
    Library(LibraryError),
    /// A line of a declarative provider is wrong.
    Declarative(DeclarativeError),
    /// The manifest cannot be read, for this reason.
    Manifest(String),
    /// The manifest that was packed beside the file, at this path, is not the file's own.
    OtherManifest(PathBuf),
}

impl fmt::Display for ProviderFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.kind)
    }
}

impl fmt::Display for ProviderFileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(fault) => fault.fmt(f),
            Self::TooLarge { size, most } => write!(f, "has {size} bytes of at most {most}"),
            Self::Checksum(fault) => fault.fmt(f),
            Self::Library(fault) => fault.fmt(f),
            Self::Declarative(fault) => fault.fmt(f),
            Self::Manifest(fault) => f.write_str(fault),
            Self::OtherManifest(path) => write!(f, "its manifest is not {}; pack it again", path.display()),
        }
    }
}

impl Error for ProviderFileError {}

impl Error for ProviderFileErrorKind {}

impl From<io::Error> for ProviderFileErrorKind {
    fn from(fault: io::Error) -> Self {
        Self::Unreadable(Arc::new(fault))
    }
}

impl From<ChecksumError> for ProviderFileErrorKind {
    fn from(fault: ChecksumError) -> Self {
        Self::Checksum(fault)
    }
}

impl From<LibraryError> for ProviderFileErrorKind {
    fn from(fault: LibraryError) -> Self {
        Self::Library(fault)
    }
}

impl From<DeclarativeError> for ProviderFileErrorKind {
    fn from(fault: DeclarativeError) -> Self {
        Self::Declarative(fault)
    }
}
