//! A resolved badge drawn as shields draws it: SVG, PNG and the endpoint's JSON.
//!
//! Nothing here asks the world anything and nothing can fail, but for a PNG of words without end: every field of a [`ResolvedBadge`] is final and its types cannot hold a
//! wrong value, so the same badge gives the same bytes everywhere. The picture is badge-maker 6.0.0's.
//!
//! ```
//! use badgesmith_renderer::{Color, ResolvedBadge, json, svg};
//!
//! let mut badge = ResolvedBadge::new("tests", "190 passed");
//! badge.color = Color::BRIGHTGREEN;
//! assert!(svg(&badge).starts_with("<svg "));
//! assert_eq!(json(&badge, false), r#"{"schemaVersion":1,"label":"tests","message":"190 passed","color":"brightgreen"}"#);
//! ```
#![forbid(unsafe_code)]

mod badge;
#[cfg(feature = "png")]
mod canvas;
mod color;
#[cfg(feature = "icons")]
mod icon;
mod id;
mod json;
mod link;
mod logo;
mod markup;
mod named_logo;
#[cfg(feature = "png")]
mod png;
mod readable;
mod scale;
mod segment;
mod style;
mod text;
mod theme;

pub use badge::{Links, ResolvedBadge};
pub use color::Color;
#[cfg(feature = "icons")]
pub use icon::Icon;
pub use json::json;
pub use link::Link;
pub use logo::Logo;
pub use named_logo::is_icon;
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use scale::Scale;
pub use segment::Segment;
pub use style::Style;
pub use theme::Theme;

/// The badge as an SVG document.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg};
///
/// let drawn = svg(&ResolvedBadge::new("a", "<b>"));
/// assert!(drawn.contains(r#"aria-label="a: &lt;b&gt;""#));
/// ```
pub fn svg(badge: &ResolvedBadge) -> String {
    // A flat badge without a logo is about 1,400 bytes.
    let mut out = String::with_capacity(1536 + badge.logo.as_ref().map_or(0, |logo| logo.uri().len()));
    write_svg(badge, &mut out);
    out
}

/// Appends the badge as an SVG document to `out`, so that one buffer can serve many badges.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg, write_svg};
///
/// let badge = ResolvedBadge::new("build", "passing");
/// let mut page = String::from("<p>");
/// write_svg(&badge, &mut page);
/// assert_eq!(page, format!("<p>{}", svg(&badge)));
/// ```
pub fn write_svg(badge: &ResolvedBadge, out: &mut String) {
    style::draw(&badge.painted(), out);
}
