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
        let kind = if is_toml(file) { Kind::Declarative } else { Kind::Library };
        let (code, manifest) = Code::open(kind, file, "")?;
        Ok(Self { manifest, code })
    }

    /// One turn: a call and its answers' bodies in, a step out. It may never come back.
    ///
    /// # Errors
    /// What the provider did wrong.
    pub fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        self.code.step(call, bodies)
    }
}

/// What a plugin's file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Library,
    Declarative,
}

/// A provider's code.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    Library(Library),
    Declarative(Arc<Declarative>),
    /// Either of them, opened at its first step.
    Packed(Arc<Packed>),
}

impl Code {
    /// Reads a plugin's manifest, and opens its file unless `badgesmith plugin pack` wrote the manifest beside it.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to write instead.
    pub(crate) fn load(kind: Kind, file: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        match Packed::read(kind, file, sha256)? {
            Some((packed, manifest)) => Ok((Self::Packed(Arc::new(packed)), manifest)),
            None => Self::open(kind, file, sha256),
        }
    }

    /// Compares the checksum of a plugin's file and opens it.
    fn open(kind: Kind, file: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        let opened = match kind {
            Kind::Library => Self::library(file, sha256),
            Kind::Declarative => Self::declarative(file, sha256),
        };
        opened.map_err(|fault| format!("{}: {fault}", file.display()))
    }

    fn library(file: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        let code = Library::open(file, sha256)?;
        let manifest = Manifest::parse(code.manifest()).map_err(|fault| fault.to_string())?;
        Ok((Self::Library(code), manifest))
    }

    /// Reads a declarative provider, of which the manifest is a part.
    fn declarative(file: &Path, sha256: &str) -> Result<(Self, Manifest), String> {
        let size = fs::metadata(file).map_err(|fault| fault.to_string())?.len();
        if size > LARGEST_FILE {
            return Err(format!("has {size} bytes of at most {LARGEST_FILE}"));
        }
        checksum::compare(file, sha256, "file")?;
        let text = fs::read_to_string(file).map_err(|fault| fault.to_string())?;
        let (manifest, code) = Declarative::parse(&text)?;
        Ok((Self::Declarative(Arc::new(code)), manifest))
    }

    /// One turn. A library's may never come back, so it runs where that does no harm.
    ///
    /// # Errors
    /// What the plugin did wrong, for the log.
    pub(crate) fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        match self {
            Self::Library(library) => library.step(call, bodies),
            Self::Declarative(provider) => {
                message::answer(&**provider, call, bodies).map_err(|fault| fault.to_string())
            }
            Self::Packed(packed) => packed.open()?.step(call, bodies),
        }
    }
}

/// A plugin whose manifest lies beside it, as `badgesmith plugin pack` writes it: a start reads the manifest only, and
/// the first step opens the file.
#[derive(Debug)]
pub(crate) struct Packed {
    kind: Kind,
    file: PathBuf,
    sha256: String,
    manifest: Manifest,
    opened: OnceLock<Result<Code, String>>,
}

impl Packed {
    /// The manifest beside a plugin's file that has a checksum, if there is one.
    fn read(kind: Kind, file: &Path, sha256: &str) -> Result<Option<(Self, Manifest)>, String> {
        // Only the checksum says that the file is the one that the manifest was written for.
        if sha256.is_empty() {
            return Ok(None);
        }
        let beside = manifest_beside(file);
        let text = match fs::read_to_string(&beside) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|fault| format!("{}: {fault}", beside.display()))?,
        };
        // Its bytes are compared before the first step: reading and opening all plugins takes longer than the rest of
        // a start.
        fs::metadata(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
        let manifest = Manifest::parse(&text).map_err(|fault| format!("{}: {fault}", beside.display()))?;
        let (file, sha256, opened) = (file.to_owned(), sha256.to_owned(), OnceLock::new());
        Ok(Some((Self { kind, file, sha256, manifest: manifest.clone(), opened }, manifest)))
    }

    fn open(&self) -> Result<&Code, String> {
        let opened = self.opened.get_or_init(|| {
            let (code, manifest) = Code::open(self.kind, &self.file, &self.sha256)?;
            if manifest == self.manifest {
                return Ok(code);
            }
            let (file, beside) = (self.file.display(), manifest_beside(&self.file));
            Err(format!("{file}: its manifest is not {}; pack it again", beside.display()))
        });
        opened.as_ref().map_err(Clone::clone)
    }
}

/// Where the manifest of a packed plugin lies. A library and a TOML file of one name have two.
#[must_use]
pub fn manifest_beside(file: &Path) -> PathBuf {
    file.with_extension(if is_toml(file) { "toml.manifest.json" } else { "manifest.json" })
}

fn is_toml(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "toml")
}
