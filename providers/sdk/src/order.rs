//! The orders of versions: which of two is the newer one, and which of a list is the newest.
//!
//! The module is part of the feature `order`.
//!
//! ```
//! use badgesmith_provider::order::{Order, newest};
//!
//! let versions = ["1.9.0", "1.10.0", "2.0.0-rc.1"];
//! assert_eq!(newest(&versions, Order::SemVer, false), Some("1.10.0"));
//! assert_eq!(newest(&versions, Order::SemVer, true), Some("2.0.0-rc.1"));
//! // Without a stable version, the newest prerelease counts.
//! assert_eq!(newest(&["1.0b1", "1.0rc1", "1.0a2"], Order::Pep440, false), Some("1.0rc1"));
//! ```

mod composer;
mod loose;
mod maven;
mod pep440;
mod rubygems;

use std::cmp::Ordering;

use badgesmith_versions::Version;
use serde::{Deserialize, Serialize};

use loose::LONGEST_VERSION;
pub use pep440::pep440_color;

/// The rules by which versions are compared.
///
/// A version that does not follow the rules is older than any that does, and two such versions are compared as by
/// [`Order::Loose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Order {
    /// Semantic Versioning 2.0: `1.2.3-rc.1+build`. A `v` before it is ignored.
    SemVer,
    /// PEP 440, of Python's packages: `1!2.3rc1.post2.dev3`.
    Pep440,
    /// Maven's, of Java's packages: `1.2-beta-3`, `1.0-SNAPSHOT`, and anything else.
    Maven,
    /// RubyGems', of Ruby's packages: `1.2.3.beta2`, whose letters make it a prerelease.
    Rubygems,
    /// NuGet's, of .NET's packages: one to four numbers and labels, `1.2.3.4-beta`.
    NuGet,
    /// Composer's, of PHP's packages: `1.2.3-RC1`, `1.0-patch2`.
    Composer,
    /// As shields orders a list of tags: by Semantic Versioning if all of them can be read as that, and otherwise by
    /// the first sequence of numbers in each.
    Loose,
}

impl Order {
    /// Compares two versions.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use badgesmith_provider::order::Order;
    ///
    /// assert_eq!(Order::SemVer.compare("1.0.0-rc.1", "1.0.0"), Ordering::Less);
    /// assert_eq!(Order::Maven.compare("1.0-sp", "1.0"), Ordering::Greater);
    /// assert_eq!(Order::Rubygems.compare("1.0.beta2", "1.0"), Ordering::Less);
    /// assert_eq!(Order::NuGet.compare("1.0", "1.0.0.0"), Ordering::Equal);
    /// assert_eq!(Order::Composer.compare("1.0-patch1", "1.0"), Ordering::Greater);
    /// assert_eq!(Order::Loose.compare("release-1.10", "release-1.9"), Ordering::Greater);
    /// ```
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        match self {
            Self::SemVer => ranked(left, right, strict_semver, Ord::cmp),
            Self::Pep440 => ranked(left, right, pep440::parse, Ord::cmp),
            Self::Maven => ranked(left, right, maven::parse, maven::compare),
            Self::Rubygems => ranked(left, right, rubygems::parse, rubygems::compare),
            Self::NuGet => ranked(left, right, Version::parse, Ord::cmp),
            Self::Composer => composer::compare(left, right),
            Self::Loose => loose::compare(left, right),
        }
    }

    /// Whether a version is a prerelease: a snapshot or a version under development is one, too.
    ///
    /// ```
    /// use badgesmith_provider::order::Order;
    ///
    /// assert!(Order::Pep440.is_prerelease("1.0.dev3"));
    /// assert!(!Order::Pep440.is_prerelease("1.0.post1"));
    /// assert!(Order::Maven.is_prerelease("1.0-M2"));
    /// assert!(!Order::Maven.is_prerelease("1.0-jre"));
    /// ```
    pub fn is_prerelease(self, version: &str) -> bool {
        let is_short = version.len() <= LONGEST_VERSION;
        match self {
            Self::SemVer => {
                strict_semver(version).map_or_else(|| loose::is_prerelease(version), |read| !read.pre.is_empty())
            }
            Self::Pep440 => pep440::parse(version).is_none_or(|read| read.any_prerelease()),
            Self::Maven => is_short && maven::is_prerelease(version),
            Self::Rubygems => rubygems::is_prerelease(version),
            Self::NuGet => Version::parse(version).is_none_or(|read| read.is_prerelease()),
            Self::Composer => !composer::is_stable(version),
            Self::Loose => loose::is_prerelease(version),
        }
    }

    /// The newest of these versions, the last one of equal ones.
    fn newest_of<'a>(self, versions: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        match self {
            Self::SemVer => newest_ranked(versions, strict_semver, Ord::cmp),
            Self::Pep440 => newest_ranked(versions, pep440::parse, Ord::cmp),
            Self::Maven => newest_ranked(versions, maven::parse, maven::compare),
            Self::Rubygems => newest_ranked(versions, rubygems::parse, rubygems::compare),
            Self::NuGet => newest_ranked(versions, Version::parse, Ord::cmp),
            Self::Composer | Self::Loose => versions.max_by(|left, right| self.compare(left, right)),
        }
    }
}

/// The newest of these versions; none if there are none.
///
/// Without `prerelease` it is the newest stable one, or the newest prerelease if there is no stable one. Of equal
/// versions the last one counts.
///
/// ```
/// use badgesmith_provider::order::{Order, newest};
///
/// assert_eq!(newest(&["v1.0.1", "release-2.0.0", "v3.0.0-rc1"], Order::Loose, false), Some("release-2.0.0"));
/// assert_eq!(newest(&[], Order::Loose, false), None);
/// ```
pub fn newest<'a>(versions: &[&'a str], order: Order, prerelease: bool) -> Option<&'a str> {
    if order == Order::Loose {
        return loose::newest(versions, prerelease);
    }
    let newest_of = |is_wanted: &dyn Fn(&str) -> bool| {
        order.newest_of(versions.iter().copied().filter(|version| is_wanted(version)))
    };
    let stable = if prerelease { None } else { newest_of(&|version| !order.is_prerelease(version)) };
    stable.or_else(|| newest_of(&|_| true))
}

fn strict_semver(text: &str) -> Option<semver::Version> {
    semver::Version::parse(text.strip_prefix(['v', 'V']).unwrap_or(text)).ok()
}

/// Compares two readable versions by `compare`. A readable version is newer than an unreadable one, and two unreadable
/// ones are compared loosely.
fn ranked<'a, Read>(
    left: &'a str,
    right: &'a str,
    read: impl Fn(&'a str) -> Option<Read>,
    compare: impl Fn(&Read, &Read) -> Ordering,
) -> Ordering {
    compare_read((&read_short(left, &read), left), (&read_short(right, &read), right), compare)
}

/// The newest of these versions by [`ranked`]. Each is parsed only once, so that the time grows only with the total
/// length: otherwise an author could choose a long version that is parsed again for each comparison.
fn newest_ranked<'a, Read>(
    versions: impl Iterator<Item = &'a str>,
    read: impl Fn(&'a str) -> Option<Read>,
    compare: impl Fn(&Read, &Read) -> Ordering,
) -> Option<&'a str> {
    let versions = versions.map(|version| (read_short(version, &read), version));
    let newest = versions.max_by(|left, right| compare_read((&left.0, left.1), (&right.0, right.1), &compare));
    newest.map(|(_, version)| version)
}

fn read_short<'a, Read>(version: &'a str, read: impl Fn(&'a str) -> Option<Read>) -> Option<Read> {
    if version.len() > LONGEST_VERSION { None } else { read(version) }
}

fn compare_read<Read>(
    left: (&Option<Read>, &str),
    right: (&Option<Read>, &str),
    compare: impl Fn(&Read, &Read) -> Ordering,
) -> Ordering {
    match (left, right) {
        ((Some(left), _), (Some(right), _)) => compare(left, right),
        ((Some(_), _), (None, _)) => Ordering::Greater,
        ((None, _), (Some(_), _)) => Ordering::Less,
        ((None, left), (None, right)) => loose::compare_numbers(left, right),
    }
}

#[cfg(test)]
mod tests;
