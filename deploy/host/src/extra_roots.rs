//! Root certificates of the operator's own, which are trusted beside Mozilla's.

use std::{
    env,
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, TrustAnchor, pem::PemObject},
};

/// The variable that names a file with certificates, as OpenSSL and curl know it.
const VARIABLE: &str = "SSL_CERT_FILE";

/// The certificates of authorities that an operator adds; none by default.
#[derive(Clone, Debug, Default)]
pub struct ExtraRoots(Arc<Vec<TrustAnchor<'static>>>);

/// Why a file of certificates is refused.
#[derive(Debug)]
pub enum ExtraRootsError {
    /// It cannot be read.
    Unreadable {
        /// Its path.
        file: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It has no certificate in PEM.
    NoCertificate(PathBuf),
    /// A certificate in it cannot be read.
    Broken {
        /// Its path.
        file: PathBuf,
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        cause: String,
    },
}

impl ExtraRoots {
    /// The certificates in the file that `[engine] extra-roots` names, and in the one that `SSL_CERT_FILE` names.
    ///
    /// # Errors
    /// A file that cannot be read, has no certificate or a broken one.
    pub fn load(configured: Option<&Path>) -> Result<Self, ExtraRootsError> {
        let variable = env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        Self::of_files(configured.into_iter().chain(variable.as_deref()))
    }

    /// The certificates in these files.
    ///
    /// # Errors
    /// A file that cannot be read, has no certificate or a broken one.
    pub(crate) fn of_files<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<Self, ExtraRootsError> {
        let mut roots = RootCertStore::empty();
        for file in files {
            add(&mut roots, file)?;
        }
        Ok(Self(Arc::new(roots.roots)))
    }

    /// The certificates.
    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.0
    }
}

fn add(roots: &mut RootCertStore, file: &Path) -> Result<(), ExtraRootsError> {
    let text = fs::read(file).map_err(|cause| ExtraRootsError::Unreadable { file: file.to_owned(), cause })?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        count += 1;
        let broken = |cause: String| ExtraRootsError::Broken { file: file.to_owned(), number: count, cause };
        let certificate = certificate.map_err(|fault| broken(fault.to_string()))?;
        roots.add(certificate).map_err(|fault| broken(fault.to_string()))?;
    }
    if count == 0 { Err(ExtraRootsError::NoCertificate(file.to_owned())) } else { Ok(()) }
}

impl fmt::Display for ExtraRootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, cause } => write!(f, "{}: {cause}", file.display()),
            Self::NoCertificate(file) => {
                write!(f, "{}: there is no certificate; write PEM, -----BEGIN CERTIFICATE-----", file.display())
            }
            Self::Broken { file, number, cause } => {
                write!(f, "{}: certificate {number} cannot be read: {cause}", file.display())
            }
        }
    }
}

impl Error for ExtraRootsError {}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;

    #[test]
    fn a_file_without_a_certificate_or_with_a_broken_one_is_refused_with_its_name_and_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["registry.internal".to_owned()]).unwrap();
        let text = BASE64_STANDARD.encode(made.cert.der());
        let whole = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let rows = [
            (String::new(), "there is no certificate"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(), "there is no certificate"),
            (format!("{whole}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "certificate 2"),
            (format!("{whole}-----BEGIN CERTIFICATE-----\n"), "certificate 2"),
        ];
        for (text, words) in rows {
            let file = folder.path().join("ca.pem");
            fs::write(&file, &text).unwrap();
            let refused = ExtraRoots::of_files([&*file]).unwrap_err().to_string();
            assert!(refused.contains("ca.pem: ") && refused.contains(words), "{refused}");
        }
        let missing = ExtraRoots::of_files([&*folder.path().join("none.pem")]).unwrap_err().to_string();
        assert!(missing.contains("none.pem: "), "{missing}");
        let file = folder.path().join("ca.pem");
        fs::write(&file, format!("a comment\n{whole}{whole}")).unwrap();
        assert_eq!(ExtraRoots::of_files([&*file]).unwrap().0.len(), 2);
    }
}
