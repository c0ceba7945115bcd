//! What takes a plugin's turns: a library, or a TOML file that behaves as one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use badgesmith_provider::{Manifest, message};

use super::{checksum, declarative::Declarative, library::Library};

/// The largest declarative provider, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// A provider by itself, for whoever looks one over before it is loaded.
#[derive(Debug)]
pub struct Opened {
    /// What it says of itself.
    pub manifest: Manifest,
    code: Code,
}

impl Opened {
    /// Opens a library, or reads a declarative provider where the file ends in `.toml`.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to write instead.
    pub fn open(file: &Path) -> Result<Self, String> {
        let (code, manifest) = if file.extension().is_some_and(|ending| ending == "toml") {
            Code::declarative(file, "")?
        } else {
            Code::open(file, "")?
        };
        Ok(Self { manifest, code })
    }

    /// The manifest as a library has it, to the byte; a declarative provider has none.
    #[must_use]
    pub fn manifest_text(&self) -> Option<&str> {
        match &self.code {
            Code::Library(library) => Some(library.manifest()),
            Code::Packed(_) | Code::Declarative(_) => None,
        }
    }

    /// One turn: a call and its answers' bodies in, a step out. It may never come back.
    ///
    /// # Errors
    /// What the provider did wrong.
    pub fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        self.code.step(call, bodies)
    }
}

/// A provider's code.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    Library(Library),
    /// A library that is opened at its first step.
    Packed(Arc<Packed>),
    Declarative(Arc<Declarative>),
}

impl Code {
    /// Opens a library, and reads its manifest.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to write instead.
    pub(crate) fn library(path: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        match Packed::read(path, sha256)? {
            Some((packed, manifest)) => Ok((Self::Packed(Arc::new(packed)), manifest)),
            None => Self::open(path, sha256),
        }
    }

    fn open(path: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        let in_file = |fault| format!("{}: {fault}", path.display());
        let code = Library::open(path, sha256).map_err(in_file)?;
        let manifest = Manifest::parse(code.manifest()).map_err(in_file)?;
        Ok((Self::Library(code), manifest))
    }

    /// Compares the checksum and reads a declarative provider, of which the manifest is a part.
    ///
    /// # Errors
    /// The file, the line, and what is wrong there.
    pub(crate) fn declarative(file: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        let in_file = |fault: String| format!("{}: {fault}", file.display());
        let size = fs::metadata(file).map_err(|fault| in_file(fault.to_string()))?.len();
        if size > LARGEST_FILE {
            return Err(in_file(format!("has {size} bytes of at most {LARGEST_FILE}")));
        }
        checksum::compare(file, sha256, "file").map_err(in_file)?;
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
            Self::Packed(packed) => packed.open()?.step(call, bodies),
            Self::Declarative(provider) => message::answer(&**provider, call, bodies),
        }
    }
}

/// A library whose manifest lies beside it, as `badgesmith plugin pack` writes it: a start reads the manifest, and the
/// first step opens the library.
#[derive(Debug)]
pub(crate) struct Packed {
    path: PathBuf,
    sha256: String,
    manifest: String,
    opened: OnceLock<Result<Library, String>>,
}

impl Packed {
    /// The manifest beside a library with a checksum, if there is one.
    fn read(library: &Path, sha256: &str) -> Result<Option<(Self, Manifest)>, String> {
        let beside = manifest_beside(library);
        let manifest = match fs::read_to_string(&beside) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            // Without a checksum nobody knows whether the two belong together.
            _ if sha256.is_empty() => return Ok(None),
            text => text.map_err(|fault| format!("{}: {fault}", beside.display()))?,
        };
        // Its bytes are compared before the first step: reading them takes longer than the rest of a start.
        fs::metadata(library).map_err(|fault| format!("{}: {fault}", library.display()))?;
        let parsed = Manifest::parse(&manifest).map_err(|fault| format!("{}: {fault}", beside.display()))?;
        let (path, sha256) = (library.to_owned(), sha256.to_owned());
        Ok(Some((Self { path, sha256, manifest, opened: OnceLock::new() }, parsed)))
    }

    fn open(&self) -> Result<&Library, String> {
        let opened = self.opened.get_or_init(|| {
            let library = Library::open(&self.path, &self.sha256)?;
            if library.manifest() == self.manifest {
                return Ok(library);
            }
            Err(format!("its manifest is not {}; pack it again", manifest_beside(&self.path).display()))
        });
        opened.as_ref().map_err(|fault| format!("{}: {fault}", self.path.display()))
    }
}

/// Where a packed library's manifest lies.
#[must_use]
pub fn manifest_beside(library: &Path) -> PathBuf {
    library.with_extension("manifest.json")
}
