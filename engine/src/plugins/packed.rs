//! A packed plugin: `badgesmith plugin pack` wrote its manifest beside its file, so the file is opened only for its
//! first step.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use badgesmith_provider::Manifest;

use super::{
    plugin_code::{PluginCode, StepError},
    provider_file::{FileKind, ProviderFile},
    provider_file_error::{ProviderFileError, ProviderFileErrorKind},
};

/// Reads the manifest that was packed beside a plugin's file; if there is none, opens the file.
///
/// # Errors
/// [`ProviderFileError`] of the file or of the manifest beside it.
pub(super) fn open(kind: FileKind, file: &Path, sha256: &str) -> Result<ProviderFile, ProviderFileError> {
    match read_packed(kind, file, sha256)? {
        Some(packed) => Ok(packed),
        None => ProviderFile::open_as(kind, file, sha256),
    }
}

/// The path of the manifest of a packed plugin. A library and a TOML file with the same name have different ones.
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
    /// Whether a caller has been told to open the file before the first step.
    is_taken: AtomicBool,
}

impl PluginCode for PackedCode {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        match self.opened() {
            Ok(code) => code.step(call, bodies),
            Err(fault) => Err(StepError::File(Arc::clone(fault))),
        }
    }

    fn needs_opening(&self) -> bool {
        self.opened.get().is_none() && !self.is_taken.swap(true, Ordering::Relaxed)
    }

    fn open(&self) {
        let _ = self.opened();
    }
}

impl PackedCode {
    fn opened(&self) -> &Result<Arc<dyn PluginCode>, Arc<ProviderFileError>> {
        self.opened.get_or_init(|| self.open_file().map_err(Arc::new))
    }

    fn open_file(&self) -> Result<Arc<dyn PluginCode>, ProviderFileError> {
        let opened = ProviderFile::open_as(self.kind, &self.file, &self.sha256)?;
        if opened.manifest == self.manifest {
            return Ok(opened.code);
        }
        let kind = ProviderFileErrorKind::OtherManifest(manifest_beside(&self.file));
        Err(ProviderFileError { file: self.file.clone(), kind })
    }
}

/// The packed plugin; `None` if plugins.toml has no checksum or there is no manifest beside the file.
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
    // The checksum is compared later, before the first step: reading and opening all plugins now would take longer than
    // the rest of a cold start.
    fs::metadata(file).map_err(|error| fault(file, error.into()))?;
    let manifest = Manifest::parse(&text);
    let manifest = manifest.map_err(|error| fault(&beside, ProviderFileErrorKind::Manifest(error.to_string())))?;
    let (file, sha256, opened, is_taken) =
        (file.to_owned(), sha256.to_owned(), OnceLock::new(), AtomicBool::new(false));
    let code = PackedCode { kind, file, sha256, manifest: manifest.clone(), opened, is_taken };
    Ok(Some(ProviderFile { manifest, code: Arc::new(code) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_opened_ahead_by_one_caller_and_its_fault_is_told_by_the_first_step() {
        let manifest = Manifest::parse(r#"{"id": "gem", "version": "1.0.0", "mount": "/badges/gem", "badges": []}"#);
        let code = PackedCode {
            kind: FileKind::Declarative,
            file: "none/gem.toml".into(),
            sha256: "0".repeat(64),
            manifest: manifest.unwrap(),
            opened: OnceLock::new(),
            is_taken: AtomicBool::new(false),
        };
        assert!(code.needs_opening() && !code.needs_opening());
        code.open();
        assert!(code.opened.get().is_some_and(Result::is_err));
        assert!(matches!(code.step(b"", &[]), Err(StepError::File(_))));
    }
}
