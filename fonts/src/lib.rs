//! Text widths in the fonts that badges use, and the glyph outlines of the bundled font.
//!
//! The widths are the ones badge-maker uses: the tables of the npm package anafanafo 2.0.0, measured in a browser
//! with the real fonts. A badge is therefore as wide here as on shields.io. The tables are compiled in, so a lookup
//! parses and allocates nothing. DejaVu Sans is bundled too (feature `faces`): it measures characters that the tables
//! do not have, and its outlines draw [`TextLine`]s. It is parsed at first use.
//!
//! ```
//! use badgesmith_fonts::{Face, width};
//!
//! assert_eq!(width(Face::Verdana11, "build").trunc(), 26.0);
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "added-faces")]
mod added_faces;
#[cfg(feature = "faces")]
mod arabic;
#[cfg(feature = "faces")]
mod ascii_metrics;
#[cfg(feature = "faces")]
mod cluster_width;
mod face;
#[cfg(feature = "faces")]
mod ignorable;
#[cfg(feature = "faces")]
mod ligature;
#[cfg(feature = "faces")]
mod line_layout;
#[cfg(not(feature = "added-faces"))]
mod no_added_faces;
mod outline;
#[cfg(feature = "faces")]
mod text_line;
#[cfg(not(feature = "faces"))]
mod text_line_without_face;
#[cfg(feature = "added-faces")]
mod text_part;
#[cfg(feature = "faces")]
mod typeface;
mod width;
mod width_table;

#[cfg(feature = "added-faces")]
pub use added_faces::{AddedFace, AddedFaces};
pub use face::Face;
#[cfg(not(feature = "added-faces"))]
pub use no_added_faces::AddedFaces;
pub use outline::{Glyph, OutlineSegment};
#[cfg(feature = "faces")]
pub use text_line::TextLine;
#[cfg(not(feature = "faces"))]
pub use text_line_without_face::TextLine;
pub use width::width;
