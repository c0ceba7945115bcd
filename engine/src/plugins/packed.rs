//! A packed plugin: `badgesmith plugin pack` wrote its manifest beside it, so its file is opened at its first step
//! only.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use badgesmith_provider::Manifest;

use super::{
    plugin_code::{PluginCode, StepError},
    provider_file::{FileKind, ProviderFile},
    provider_file_error::{ProviderFileError, ProviderFileErrorKind},
};

/// Reads the manifest that was packed beside a plugin's file; where there is none, opens the file.
///
/// # Errors
/// [`ProviderFileError`] of the file or of the manifest beside it.
pub(super) fn open(kind: FileKind, file: &Path, sha256: &str) -> Result<ProviderFile, ProviderFileError> {
    match read_packed(kind, file, sha256)? {
        Some(packed) => Ok(packed),
        None => ProviderFile::open_as(kind, file, sha256),
    }
}

/// Where the manifest of a packed plugin lies. A library and a TOML file of the same name have two.
#[must_use]
pub fn manifest_beside(file: &Path) -> PathBuf {
    file.with_extension(match FileKind::of(file) {
        FileKind::Declarative => "toml.manifest.json",
        FileKind::Library => "manifest.json",
    })
}

/// The code of a packed plugin.
#[derive(Debug)]
struct PackedCode {
    kind: FileKind,
    file: PathBuf,
    sha256: String,
    manifest: Manifest,
    opened: OnceLock<Result<Arc<dyn PluginCode>, Arc<ProviderFileError>>>,
}

impl PluginCode for PackedCode {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        match self.opened.get_or_init(|| self.open().map_err(Arc::new)) {
            Ok(code) => code.step(call, bodies),
            Err(fault) => Err(StepError::File(Arc::clone(fault))),
        }
    }
}

impl PackedCode {
    fn open(&self) -> Result<Arc<dyn PluginCode>, ProviderFileError> {
        let opened = ProviderFile::open_as(self.kind, &self.file, &self.sha256)?;
        if opened.manifest == self.manifest {
            return Ok(opened.code);
        }
        let kind = ProviderFileErrorKind::OtherManifest(manifest_beside(&self.file));
        Err(ProviderFileError { file: self.file.clone(), kind })
    }
}

/// A plugin with a checksum and a manifest beside its file.
fn read_packed(kind: FileKind, file: &Path, sha256: &str) -> Result<Option<ProviderFile>, ProviderFileError> {
    // Only the checksum proves that the file is the one the manifest was written for.
    if sha256.is_empty() {
        return Ok(None);
    }
    let beside = manifest_beside(file);
    let fault = |file: &Path, kind: ProviderFileErrorKind| ProviderFileError { file: file.to_owned(), kind };
    let text = match fs::read_to_string(&beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| fault(&beside, error.into()))?,
    };
    // The checksum is compared before the first step: reading and opening all plugins takes longer than the rest of a
    // cold start.
    fs::metadata(file).map_err(|error| fault(file, error.into()))?;
    let manifest = Manifest::parse(&text);
    let manifest = manifest.map_err(|error| fault(&beside, ProviderFileErrorKind::Manifest(error.to_string())))?;
    let (file, sha256, opened) = (file.to_owned(), sha256.to_owned(), OnceLock::new());
    let code = PackedCode { kind, file, sha256, manifest: manifest.clone(), opened };
    Ok(Some(ProviderFile { manifest, code: Arc::new(code) }))
}
