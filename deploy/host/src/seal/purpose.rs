//! What a sealed text is for, and the data that binds it to that.

use super::data_key::WrappedKey;

/// The version of everything that is sealed.
pub(super) const VERSION: u64 = 1;

/// What a sealed text is for. It opens for the same purpose only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The secrets of a data directory.
    Secrets,
    /// Exported results and states.
    Export,
    /// A backup of a data directory.
    Backup,
}

impl Purpose {
    /// Its name in a sealed text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Export => "export",
            Self::Backup => "backup",
        }
    }

    /// The data that the cipher binds to the text: version, purpose, and the wrapped key with its name.
    pub(super) fn bound(self, wrapped: &WrappedKey) -> Vec<u8> {
        let version = VERSION.to_be_bytes();
        let mut bound = Vec::new();
        for part in
            [&b"badgesmith sealed"[..], &version, self.name().as_bytes(), wrapped.key.as_bytes(), &wrapped.wrapped]
        {
            // With its length before each part, no two lists of parts are the same bytes.
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part);
        }
        bound
    }
}
