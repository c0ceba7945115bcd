//! PEP 440, the versions of Python's packages.

use std::str::FromStr;

use pep440_rs::Version;

pub(super) fn parse(text: &str) -> Option<Version> {
    Version::from_str(text).ok()
}

/// The color of a version of Python's packages: orange before 1.0 and for a prerelease, otherwise blue; light grey if
/// PEP 440 does not allow it.
///
/// ```
/// use badgesmith_provider::order::pep440_color;
///
/// assert_eq!(["1.0", "1.0.post1", "0.9", "1.0a1", "1.0.dev1"].map(pep440_color), ["blue", "blue", "orange", "orange", "orange"]);
/// assert_eq!(pep440_color("not a version"), "lightgrey");
/// ```
pub fn pep440_color(version: &str) -> &'static str {
    match parse(version) {
        None => "lightgrey",
        Some(version) if version.any_prerelease() || is_early(&version) => "orange",
        Some(_) => "blue",
    }
}

/// Whether it is written `0.…`.
fn is_early(version: &Version) -> bool {
    let release = version.release();
    version.epoch() == 0 && release.len() > 1 && release.first() == Some(&0)
}
