//! The output formats of badges.

use badgesmith_provider::BadgeRoute;

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
    /// The names of all formats.
    pub(crate) const NAMES: [&str; 3] = ["json", "svg", "png"];

    /// The format that `?format=` or an address' ending names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// The format of a provider's badge if the address names none: what its manifest says, or else JSON below
    /// `/badges` and SVG anywhere else.
    pub(crate) fn by_default(route: &BadgeRoute) -> Self {
        let first = route.route.trim_start_matches('/').split('/').next().unwrap_or_default();
        let by_address = if first.eq_ignore_ascii_case("badges") { Self::Json } else { Self::Svg };
        route.format.as_deref().and_then(Self::parse).unwrap_or(by_address)
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
