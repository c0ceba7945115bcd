//! A key of this machine, from a file or a variable, that wraps data keys.

use std::{
    error::Error,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use ring::{
    aead::NONCE_LEN,
    digest::{SHA256, digest},
};
use zeroize::Zeroizing;

use super::{
    cipher::{self, KEY_BYTES, NonceBytes, TAG_BYTES},
    data_key::{DataKey, NewDataKey, WrappedKey},
    seal_error::SealError,
};
use crate::data_directory;

/// The largest file of a key that is read, in bytes: the key needs 64, and the rest may be blanks.
const LARGEST_FILE: u64 = 1024;
/// How many digits of the key's SHA-256 are its name: enough to tell an operator's keys from each other.
const NAME_DIGITS: usize = 8;
/// The standard alphabet of base64, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key of this machine. Its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct LocalKey {
    name: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An environment variable of this name.
    Variable(&'static str),
}

/// Why there is no key, without a part of it.
#[derive(Debug)]
pub enum KeyError {
    /// The file cannot be read, or not be created.
    File(PathBuf, io::Error),
    /// The text is not a key.
    Form(KeySource),
    /// The system has no randomness.
    Randomness,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, cause) => write!(f, "the key file {}: {cause}", path.display()),
            Self::Form(source) => {
                match source {
                    KeySource::File(path) => write!(f, "the key file {}", path.display())?,
                    KeySource::Variable(name) => write!(f, "the variable {name}")?,
                }
                f.write_str(
                    " is no key: write 32 random bytes as base64 or as 64 hexadecimal digits, as `badgesmith secret \
                     seal-key FILE` does",
                )
            }
            Self::Randomness => f.write_str("the system has no randomness"),
        }
    }
}

impl Error for KeyError {}

impl LocalKey {
    /// Reads the key of a file, and logs a warning if others than its user may read or change it.
    ///
    /// # Errors
    /// The file cannot be read, or it is no key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file = |cause| KeyError::File(path.to_owned(), cause);
        let metadata = std::fs::metadata(path).map_err(file)?;
        if !metadata.is_file() {
            // Opening a named pipe waits for its other end.
            return Err(file(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
        }
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
            if mode & 0o077 != 0 {
                let (file, mode) = (path.display(), format!("{mode:04o}"));
                tracing::warn!(%file, mode, "others than its user may read or change the key; run chmod 600 on it");
            }
        }
        let mut text = Zeroizing::new(String::new());
        let read = File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text));
        match read {
            Ok(_) => Self::parse(&text, || KeySource::File(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(KeyError::Form(KeySource::File(path.to_owned())))
            }
            Err(error) => Err(file(error)),
        }
    }

    /// Reads a key: 32 bytes as base64 or as hexadecimal digits.
    ///
    /// # Errors
    /// The text is not a key.
    pub fn parse(text: &str, source: impl FnOnce() -> KeySource) -> Result<Self, KeyError> {
        match decoded(text.trim()) {
            Some(bytes) => Ok(Self { name: name(&bytes), bytes }),
            None => Err(KeyError::Form(source())),
        }
    }

    /// Creates a file with a new key, which its user alone may read.
    ///
    /// # Errors
    /// The file exists or cannot be written; there is no randomness.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        cipher::fill_randomly(&mut *bytes).map_err(|_| KeyError::Randomness)?;
        let mut text = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        text.push('\n');
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.write(true).create_new(true).open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            data_directory::sync_parent(path)
        });
        written.map_err(|cause| KeyError::File(path.to_owned(), cause))?;
        Ok(Self { name: name(&bytes), bytes })
    }

    /// The name of the key in what it sealed: the first eight hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes a data key and wraps it.
    pub(super) fn generate(&self) -> Result<NewDataKey, SealError> {
        let (mut plain, mut nonce): (_, NonceBytes) = (Zeroizing::new([0; KEY_BYTES]), [0; NONCE_LEN]);
        cipher::fill_randomly(&mut *plain).map_err(|_| SealError::Randomness)?;
        cipher::fill_randomly(&mut nonce).map_err(|_| SealError::Randomness)?;
        // With room for the tag the bytes are not moved, which would leave a copy behind.
        let mut sealed = Vec::with_capacity(KEY_BYTES + TAG_BYTES);
        sealed.extend_from_slice(&*plain);
        cipher::seal(&self.bytes, nonce, &self.bound(), &mut sealed).map_err(|_| SealError::TooLong)?;
        let wrapped = WrappedKey { key: self.name.clone(), wrapped: [&nonce[..], &sealed].concat() };
        let plain = DataKey::new(&*plain).ok_or(SealError::Randomness)?;
        Ok(NewDataKey { plain, wrapped })
    }

    /// Unwraps a data key.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Changed)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        cipher::open(&self.bytes, *nonce, &self.bound(), &mut plain).map_err(|_| SealError::Changed)?;
        DataKey::new(&plain).ok_or(SealError::Changed)
    }

    /// The associated data of a wrapped data key, so that it cannot be used as another one.
    fn bound(&self) -> Vec<u8> {
        [b"badgesmith data key 1 ", self.name.as_bytes()].concat()
    }
}

/// Shows the name alone.
impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalKey").field(&self.name).finish()
    }
}

/// The 32 bytes of a text; `None` if it has others.
fn decoded(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    if text.len() == 2 * KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        return Some(bytes);
    }
    let decoded = Zeroizing::new(BASE64.decode(text).ok()?);
    bytes.copy_from_slice(decoded.get(..).filter(|decoded| decoded.len() == KEY_BYTES)?);
    Some(bytes)
}

fn name(bytes: &[u8; KEY_BYTES]) -> String {
    let digest = digest(&SHA256, bytes);
    let mut name: String = digest.as_ref().iter().take(NAME_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    name.truncate(NAME_DIGITS);
    name
}
