//! What takes a plugin's turns: a library, or a TOML file that behaves as one.

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use badgesmith_provider::{Manifest, message};

use super::{
    declarative::Declarative,
    library::{self, Library},
};

/// The largest declarative provider, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// A provider's code.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    Library(Library),
    Declarative(Arc<Declarative>),
}

impl Code {
    /// Opens a library, and reads its manifest.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to write instead.
    pub(crate) fn library(
        name: &str,
        sha256: &str,
        beside: &Path,
        folders: &[PathBuf],
    ) -> Result<(Self, Manifest), String> {
        let path = library::find(name, beside, folders)?;
        let in_file = |fault| format!("{}: {fault}", path.display());
        let code = Library::open(&path, sha256).map_err(in_file)?;
        let manifest = Manifest::parse(code.manifest()).map_err(in_file)?;
        Ok((Self::Library(code), manifest))
    }

    /// Reads a declarative provider, of which the manifest is a part.
    ///
    /// # Errors
    /// The file, the line, and what is wrong there.
    pub(crate) fn declarative(file: &Path) -> Result<(Self, Manifest), String> {
        let in_file = |fault: String| format!("{}: {fault}", file.display());
        let size = fs::metadata(file).map_err(|fault| in_file(fault.to_string()))?.len();
        if size > LARGEST_FILE {
            return Err(in_file(format!("has {size} bytes of at most {LARGEST_FILE}")));
        }
        let text = fs::read_to_string(file).map_err(|fault| in_file(fault.to_string()))?;
        let (manifest, code) = Declarative::parse(&text).map_err(in_file)?;
        Ok((Self::Declarative(Arc::new(code)), manifest))
    }

    /// One turn. A library's may never come back, so it runs where that does no harm.
    ///
    /// # Errors
    /// What the plugin did wrong, for the log.
    pub(crate) fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        match self {
            Self::Library(library) => library.step(call, bodies),
            Self::Declarative(provider) => message::answer(&**provider, call, bodies),
        }
    }
}
