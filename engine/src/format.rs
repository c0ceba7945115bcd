//! The output formats of badges.

/// The output format of a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Shields' endpoint schema.
    Json,
    /// A vector image.
    Svg,
    /// A raster image.
    Png,
}

impl Format {
    /// The format that `?format=` or an address' ending names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// `json`, `svg` or `png`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Svg => "image/svg+xml;charset=utf-8",
            Self::Png => "image/png",
        }
    }
}
