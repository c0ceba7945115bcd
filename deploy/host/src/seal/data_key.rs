//! A data key, which encrypts one text, and its wrapped form, which lies beside that text.

use std::fmt;

use zeroize::Zeroizing;

use super::cipher::KEY_BYTES;

/// A key that encrypts one text. Its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

/// A data key, encrypted by the wrapping key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The name of the wrapping key: eight hexadecimal digits for a key of this machine, otherwise the name that the
    /// key service gives it, such as an ARN.
    pub key: String,
    /// The encrypted data key.
    pub wrapped: Vec<u8>,
}

/// A new data key with its wrapped form.
#[derive(Clone, Debug)]
pub struct NewDataKey {
    /// The key itself, which encrypts the text.
    pub plain: DataKey,
    /// The encrypted key, which is stored beside the encrypted text.
    pub wrapped: WrappedKey,
}

impl DataKey {
    /// The data key of these bytes; `None` if there are not exactly 32 of them.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Shows no byte.
impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}
