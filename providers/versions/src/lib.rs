//! Versions and version ranges in NuGet's syntax, and the choice of the version that a badge shows.
//!
//! Badges of every kind of package have the same query parameters, so the providers share their grammar. This crate
//! depends on no provider.
//!
//! ```
//! use badgesmith_versions::{Range, candidates};
//!
//! let range = Range::parse("[1.0,2.0)").unwrap();
//! let newest = candidates(["1.9.0", "1.10.0", "2.0.0-rc.1"].into_iter(), Some(&range), true);
//! assert_eq!(newest[0].spelling, "1.10.0");
//! ```

mod choose;
mod range;
#[cfg(any(test, feature = "vectors"))]
pub mod vectors;
mod version;

pub use choose::{Candidate, candidates, newest};
pub use range::Range;
pub use version::Version;
