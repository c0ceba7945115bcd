//! A provider's file, opened: a library, or a declarative provider.

use std::{fs, path::Path, sync::Arc};

use badgesmith_provider::Manifest;

use super::{
    checksum,
    declarative::DeclarativeProvider,
    library::Library,
    plugin_code::PluginCode,
    provider_file_error::{ProviderFileError, ProviderFileErrorKind},
};

/// The largest declarative provider, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// A provider by itself, without a configuration.
#[derive(Clone, Debug)]
pub struct ProviderFile {
    /// The provider's manifest.
    pub manifest: Manifest,
    /// The code that runs its steps.
    pub code: Arc<dyn PluginCode>,
}

impl ProviderFile {
    /// Opens a library, or reads a declarative provider if the file's name ends in `.toml`.
    ///
    /// # Errors
    /// [`ProviderFileError`], with what to write instead.
    pub fn open(file: &Path) -> Result<Self, ProviderFileError> {
        Self::open_as(FileKind::of(file), file, "")
    }

    /// Compares the checksum of a file of a known kind, and opens it.
    pub(super) fn open_as(kind: FileKind, file: &Path, sha256: &str) -> Result<Self, ProviderFileError> {
        let opened = match kind {
            FileKind::Library => open_library(file, sha256),
            FileKind::Declarative => read_declarative(file, sha256),
        };
        opened.map_err(|kind| ProviderFileError { file: file.to_owned(), kind })
    }
}

/// The kind of a provider's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Library,
    Declarative,
}

impl FileKind {
    /// The kind by the file's name.
    pub(super) fn of(file: &Path) -> Self {
        if file.extension().is_some_and(|extension| extension == "toml") { Self::Declarative } else { Self::Library }
    }
}

fn open_library(file: &Path, sha256: &str) -> Result<ProviderFile, ProviderFileErrorKind> {
    checksum::compare(file, sha256, "library")?;
    let library = Library::open(file)?;
    let manifest = Manifest::parse(library.manifest());
    let manifest = manifest.map_err(|fault| ProviderFileErrorKind::Manifest(fault.to_string()))?;
    Ok(ProviderFile { manifest, code: Arc::new(library) })
}

fn read_declarative(file: &Path, sha256: &str) -> Result<ProviderFile, ProviderFileErrorKind> {
    let size = fs::metadata(file)?.len();
    if size > LARGEST_FILE {
        return Err(ProviderFileErrorKind::TooLarge { size, most: LARGEST_FILE });
    }
    checksum::compare(file, sha256, "file")?;
    let (manifest, provider) = DeclarativeProvider::parse(&fs::read_to_string(file)?)?;
    Ok(ProviderFile { manifest, code: Arc::new(provider) })
}
