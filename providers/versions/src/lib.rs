//! Versions and version ranges as NuGet reads them, and which version of a list a badge shows.
//!
//! Badges of every kind of package take one query, so providers share its grammar. Nothing in here knows a provider.
//!
//! ```
//! use badgesmith_versions::{Range, candidates};
//!
//! let range = Range::parse("[1.0,2.0)").unwrap();
//! let newest = candidates(["1.9.0", "1.10.0", "2.0.0-rc.1"].into_iter(), Some(&range), true);
//! assert_eq!(newest[0].1, "1.10.0");
//! ```

mod choose;
mod range;
#[cfg(any(test, feature = "vectors"))]
pub mod vectors;
mod version;

pub use choose::candidates;
pub use range::Range;
pub use version::Version;
