//! Badges drawn as shields draws them: SVG, PNG, and JSON in shields' endpoint schema.
//!
//! The renderer does no I/O. Every field of a [`ResolvedBadge`] is final and its types cannot hold an invalid value, so
//! drawing cannot fail, except that there may be too little memory for a PNG. The same badge gives the same bytes on
//! every machine. The pictures are those of badge-maker 6.0.0.
//!
//! ```
//! use badgesmith_renderer::{Color, ResolvedBadge, json, svg};
//!
//! let mut badge = ResolvedBadge::new("tests", "190 passed");
//! badge.color = Color::BRIGHTGREEN;
//! assert!(svg(&badge).starts_with("<svg "));
//! let expected = r#"{"schemaVersion":1,"label":"tests","message":"190 passed","color":"brightgreen"}"#;
//! assert_eq!(json(&badge, false), expected);
//! ```
#![forbid(unsafe_code)]

mod badge;
mod badge_id;
#[cfg(feature = "png")]
mod canvas;
mod chart;
mod color;
mod drawing;
mod gradient;
#[cfg(feature = "icons")]
mod icon;
mod id;
mod json;
mod link;
mod logo;
mod markup;
mod measured_text;
mod named_logo;
mod placed_text;
#[cfg(feature = "png")]
mod png;
mod prepare;
mod readable;
mod scale;
mod segment;
mod spark;
mod style;
mod svg;
mod text;
mod theme;

pub use badge::ResolvedBadge;
#[cfg(feature = "added-faces")]
pub use badgesmith_fonts::AddedFace;
pub use badgesmith_fonts::AddedFaces;
#[cfg(feature = "png")]
pub use canvas::error::PngError;
#[cfg(feature = "png")]
pub use chart::chart_png;
pub use chart::{Chart, ChartSeries, ChartTheme, CountPoint, ValuePoint, chart_svg};
pub use color::Color;
#[cfg(feature = "icons")]
pub use icon::Icon;
pub use json::json;
pub use link::{Link, Links};
pub use logo::Logo;
pub use named_logo::is_icon;
#[cfg(feature = "png")]
pub use png::png;
pub use scale::Scale;
pub use segment::BadgeSegment;
pub use spark::{Spark, SparkMark, SparkPoint};
pub use style::Style;
pub use svg::{svg, svg_bytes, write_svg};
pub use theme::Theme;
