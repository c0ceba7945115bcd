//! Why a text cannot be sealed or opened.

use std::{error::Error, fmt};

use super::{data_key::WrappedKey, key_wrapper::WrapperError, purpose::VERSION};

/// Why a text cannot be sealed or opened. It contains no part of the text and of no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// There is no key that seals.
    NothingSeals,
    /// The text was sealed with a key that is not among those that are given.
    KeyMissing {
        /// The name of the key that is needed.
        key: String,
        /// The names of the given keys of this machine.
        given: Vec<String>,
    },
    /// The data key must be fetched from its service first.
    NotFetched(WrappedKey),
    /// A new data key must be fetched from the key service first.
    NoneFetched,
    /// The text does not have the form of a sealed text.
    Form,
    /// The text was sealed by another version of the program.
    Version(u64),
    /// The text was sealed for another purpose.
    Purpose {
        /// The name of the purpose that the text names.
        sealed: String,
        /// The name of the purpose for which it was opened.
        wanted: &'static str,
    },
    /// The text was changed after it was sealed, or the key that it names did not seal it.
    Changed,
    /// The end of a stream is missing.
    Cut,
    /// There are bytes after the end of a stream.
    Longer,
    /// The text is too long to be sealed.
    TooLong,
    /// The system has no randomness.
    Randomness,
    /// The key service failed.
    Wrapper(WrapperError),
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSeals => f.write_str(
                "there is no key to seal with; make one with `badgesmith secret seal-key FILE` and name it with \
                 --seal-key or BADGESMITH_SEAL_KEY_FILE",
            ),
            Self::KeyMissing { key, given } if given.is_empty() => write!(
                f,
                "it is sealed with the key {key}, and no such key is given; name it with --seal-key, \
                 BADGESMITH_SEAL_KEY_FILE, BADGESMITH_SEAL_KEY or BADGESMITH_SEAL_KMS"
            ),
            Self::KeyMissing { key, given } => write!(
                f,
                "it is sealed with the key {key}, and only {} is given; name {key} as well, behind the key that seals: \
                 --seal-key NEW,OLD",
                given.join(", ")
            ),
            Self::NotFetched(wrapped) => write!(
                f,
                "it was sealed with the key {} at this moment, which has not been fetched; run the command again",
                wrapped.key
            ),
            Self::NoneFetched => f.write_str("the key service has not made a data key; run the command again"),
            Self::Form => f.write_str(
                "it is sealed, but not in the form that the server writes: it was changed, cut or reformatted; restore \
                 it from a backup",
            ),
            Self::Version(version) => write!(
                f,
                "it is sealed in version {version}, and this program reads version {VERSION}; use the program that \
                 wrote it, or a newer one"
            ),
            Self::Purpose { sealed, wanted } => {
                write!(f, "it is sealed as {sealed:?} and does not stand for {wanted:?}; restore the right file")
            }
            Self::Changed => f.write_str(
                "it was changed after it was sealed, or it is not of the key that it names; restore it from a backup",
            ),
            Self::Cut => {
                f.write_str("the end of the sealed text is missing; restore it from a backup, or make it again")
            }
            Self::Longer => {
                f.write_str("there is something behind the end of the sealed text; remove what was appended")
            }
            Self::TooLong => f.write_str("it is too long to be sealed"),
            Self::Randomness => f.write_str("the system has no randomness"),
            Self::Wrapper(error) => error.fmt(f),
        }
    }
}

impl Error for SealError {}

impl From<WrapperError> for SealError {
    fn from(error: WrapperError) -> Self {
        Self::Wrapper(error)
    }
}
