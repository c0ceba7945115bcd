//! The GitHub provider: the newest version of a package on GitHub Packages as a badge.

mod limit;
mod link;
mod listing;
mod package;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use badgesmith_provider::{Badge, Call, Failure, Provider, Step};
use badgesmith_versions::{Range, Version, candidates};

use crate::{
    listing::Listed,
    package::{Package, Type},
};

badgesmith_provider::export!(Github, include_str!("../manifest.json"));

/// How many pages are read of a package with very many versions, the newest of each page first.
const MOST_PAGES: u32 = 10;
/// How many pages are read one after the other: each takes a turn, and a call has eight with the one that ends it.
const MOST_PAGES_IN_TURN: u32 = 7;

struct Github;

impl Provider for Github {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let package = Package::of(call)?;
        let range = call.query("version").map(range).transpose()?;
        let listed = listed(call, &package)?;
        let mut spellings: Vec<_> = listed.iter().flat_map(|listed| listed.spellings(package.kind)).collect();
        // An image has several tags of one version, `1`, `1.2` and `1.2.0`; the longest says the most.
        spellings.sort_by_key(|spelling| Reverse(spelling.len()));
        let candidates = candidates(spellings.into_iter(), range.as_ref(), call.flag("prerelease"));
        let (version, spelling) = newest(&candidates, package.kind).ok_or_else(version_not_found)?;
        // NuGet's clients show a version in its normalised form, those of the others as it was published.
        let message = if package.kind == Type::Nuget { version.to_string() } else { spelling.to_owned() };
        Ok(Badge::new(message).color(if version.is_prerelease() { "orange" } else { "green" }))
    }
}

/// Everything GitHub lists of a package: the first page, then the others all at once, because the first one names the
/// last. An upstream that names only the next page is followed page by page.
///
/// Addresses of pages are made here and never taken from an answer, so that no answer can send the token elsewhere.
fn listed<'a>(call: &Call<'a>, package: &Package<'_>) -> Result<Vec<Listed<'a>>, Step> {
    let mut answer = call.fetch(package.page(1))?;
    let mut listed = listing::read(answer, call.now)?;
    if let Some(last) = link::last_page(answer) {
        for answer in call.fetch_all((2..=last.min(MOST_PAGES)).map(|number| package.page(number)))? {
            listed.extend(listing::read(answer, call.now)?);
        }
        return Ok(listed);
    }
    for number in 2..=MOST_PAGES_IN_TURN {
        if !link::has_next(answer) {
            break;
        }
        answer = call.fetch(package.page(number))?;
        listed.extend(listing::read(answer, call.now)?);
    }
    Ok(listed)
}

/// The first of the candidates; of an image's the first with a point in its numbers, if there is one.
///
/// A tag that is one number alone is often a date, the number of a build, or the start of a commit's hash that happens
/// to have no letter. It must not outshine `1.2.3`, but where there is nothing else it is the version.
fn newest<'a>(candidates: &[(Version<'a>, &'a str)], kind: Type) -> Option<(Version<'a>, &'a str)> {
    let has_point = |spelling: &str| spelling.split(['-', '+']).next().is_some_and(|numbers| numbers.contains('.'));
    let exact = candidates.iter().find(|(_, spelling)| !kind.is_image() || has_point(spelling));
    exact.or(candidates.first()).copied()
}

fn range(text: &str) -> Result<Range<'_>, Failure> {
    Range::parse(text)
        .ok_or_else(|| Failure::invalid_parameter("PACKAGE_RANGE_INVALID", "version", "invalid version range"))
}

fn package_not_found() -> Failure {
    Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package")
}

fn version_not_found() -> Failure {
    Failure::not_found("VERSION_NOT_FOUND", "version not found").about("version")
}
