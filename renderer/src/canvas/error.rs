//! The reasons why a badge has no picture.

use std::fmt;

/// Why there is no picture.
#[derive(Debug)]
#[non_exhaustive]
pub enum PngError {
    /// There is no memory for its pixels.
    Pixels,
    /// The encoder refused the picture.
    Encoding(png::EncodingError),
}

impl fmt::Display for PngError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Pixels => f.write_str("there is no room for the picture"),
            Self::Encoding(_) => f.write_str("the picture was not encoded"),
        }
    }
}

impl std::error::Error for PngError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Pixels => None,
            Self::Encoding(error) => Some(error),
        }
    }
}
