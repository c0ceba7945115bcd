//! Why a library is not a provider, and why memory that a library lends is not a message.

use std::{error::Error, fmt};

use badgesmith_provider::abi::ABI;

/// Why a library cannot be used as a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryError {
    /// The system cannot open it, for this reason.
    NotOpened(String),
    /// It exports no provider of any version.
    NoProvider,
    /// It was built for this version of the ABI.
    OtherVersion(u32),
    /// Its entry function returns null.
    NoTable,
    /// Its table is shorter than the first table of its version.
    ShortTable {
        /// How long it is, in bytes.
        size: usize,
        /// How long it has to be.
        least: usize,
    },
    /// Its table has no `step`.
    NoStep,
    /// Its table has no `release`.
    NoRelease,
    /// The memory of its manifest cannot be read.
    Manifest(InvalidMessage),
    /// Its manifest is not text.
    ManifestNotUtf8,
}

/// Why memory that a library lends cannot be read as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidMessage {
    /// It is empty.
    Empty,
    /// Its pointer is null and its length is this.
    AtNull(usize),
    /// It is too long.
    TooLong {
        /// How long it is, in bytes.
        length: usize,
        /// How long it may be.
        most: usize,
    },
}

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpened(fault) => {
                write!(f, "the library cannot be opened: {fault}; was it built for this machine?")
            }
            Self::NoProvider => f.write_str(
                "it does not export badgesmith_provider_v1; is it a provider? In Rust write \
                 badgesmith_provider::export!, in C define that function",
            ),
            Self::OtherVersion(version) => {
                let remedy = if *version > ABI {
                    "a newer badgesmith, or build the plugin against an older SDK"
                } else {
                    "a newer SDK"
                };
                write!(
                    f,
                    "it was built for version {version} of the provider boundary, this badgesmith has version {ABI}; \
                     use {remedy}"
                )
            }
            Self::NoTable => f.write_str("badgesmith_provider_v1 returns no table; return the address of a static one"),
            Self::ShortTable { size, least } => write!(
                f,
                "its table has {size} bytes where version {ABI} begins with {least}; \
                 set `size` to sizeof(badgesmith_provider)"
            ),
            Self::NoStep => f.write_str("its table has no `step`; every provider needs one"),
            Self::NoRelease => f.write_str("its table has no `release`; every provider needs one, even an empty one"),
            Self::Manifest(fault) => write!(f, "its manifest {fault}"),
            Self::ManifestNotUtf8 => f.write_str("its manifest is not UTF-8"),
        }
    }
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::AtNull(length) => write!(f, "is {length} bytes at null"),
            Self::TooLong { length, most } => write!(f, "has {length} bytes of at most {most}"),
        }
    }
}

impl Error for LibraryError {}

impl Error for InvalidMessage {}
