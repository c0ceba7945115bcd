//! The texts in which badges show values, as shields writes them: numbers, sizes, dates, licenses, build statuses.
//!
//! The module is part of the feature `format`.
//!
//! ```
//! use badgesmith_provider::{Badge, color, format};
//!
//! let downloads = 12_345.0;
//! let badge = Badge::new(format!("{}/month", format::metric(downloads))).color(color::downloads(downloads));
//! assert_eq!((badge.message.as_str(), badge.color.as_deref()), ("12k/month", Some("brightgreen")));
//!
//! let badge = Badge::from(format::license(&["MIT"]));
//! assert_eq!((badge.message.as_str(), badge.color.as_deref()), ("MIT", Some("green")));
//! ```

mod build_status;
mod colored_text;
mod date;
mod duration;
mod license;
mod number;
mod version_text;

pub use build_status::build_status;
pub use colored_text::ColoredText;
pub use date::{date, relative_date, time_ago, unix_seconds};
pub use duration::duration;
pub use license::license;
pub use number::{SizeUnits, bytes, metric, number, one_decimal, ordinal, percent, size, stars, whole_percent};
pub use version_text::{add_v, omit_v};
