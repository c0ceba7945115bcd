//! The badge of a package: its newest version on GitHub Packages.

use std::cmp::Reverse;

use badgesmith_provider::{Badge, Call, Failure, SentWith};
use badgesmith_versions::{Candidate, Range, candidates};

use crate::{
    api,
    failures::{package_not_found, version_not_found},
    field, limit, link,
    listing::{self, ListedVersion},
    package::{Package, Registry},
    stop::Stop,
};

/// The largest number of pages that are read for one package.
const MOST_PAGES: u32 = 10;
/// The largest number of pages that are read one after the other: each takes a turn of the call, which has eight, and
/// the last turn returns the badge.
const MOST_PAGES_IN_TURN: u32 = 7;

/// The newest version of a package, within a version range if one is given.
pub(crate) fn version(call: &Call<'_>) -> Result<Badge, Stop> {
    let package = Package::of(call)?;
    let range = call.query("version").map(range).transpose()?;
    let listed = listed(call, &package)?;
    let mut spellings: Vec<_> = listed.iter().flat_map(|listed| listed.spellings(package.registry)).collect();
    // An image can have several tags of one version: `1`, `1.2` and `1.2.0`. The longest one is the most precise.
    spellings.sort_by_key(|spelling| Reverse(spelling.len()));
    let candidates = candidates(spellings.into_iter(), range.as_ref(), call.flag("prerelease"));
    let Candidate { version, spelling } = newest(&candidates, package.registry).ok_or_else(version_not_found)?;
    // NuGet's clients show a version in normalised form, other registries' clients as it was published.
    let message = if package.registry == Registry::Nuget { version.to_string() } else { spelling.to_owned() };
    Ok(Badge::new(message).color(if version.is_prerelease() { "orange" } else { "green" }))
}

/// All versions of a package that GitHub lists: the first page, then the others all at once, because the `Link` header
/// of the first one has the number of the last one. If it only has a next page, the pages are read one after the other.
///
/// The addresses of pages are made here and never taken from an answer, so that no answer can send the token elsewhere.
fn listed(call: &Call<'_>, package: &Package<'_>) -> Result<Vec<ListedVersion>, Stop> {
    let mut answer = call.fetch(package.page(1))?;
    let mut listed = listing::read(answer, call.now)?;
    let is_servers = answer.sent_with == Some(SentWith::Server);
    if is_servers {
        is_visible(call, package)?;
    }
    if let Some(last) = link::last_page(answer) {
        for answer in call.fetch_all((2..=last.min(MOST_PAGES)).map(|number| package.page(number)))? {
            listed.extend(listing::read(answer, call.now)?);
        }
        return Ok(listed);
    }
    for number in 2..=MOST_PAGES_IN_TURN - u32::from(is_servers) {
        if !link::has_next(answer) {
            break;
        }
        answer = call.fetch(package.page(number))?;
        listed.extend(listing::read(answer, call.now)?);
    }
    Ok(listed)
}

/// Asks for the package itself, because the list of its versions does not say whether it is private. The server's own
/// token may see more than everybody may; the host passes on a private package as a missing one.
fn is_visible(call: &Call<'_>, package: &Package<'_>) -> Result<(), Stop> {
    let answer = call.fetch(package.itself())?;
    if let Some(refusal) = limit::refusal(answer, call.now) {
        return Err(refusal.into());
    }
    if answer.is_missing() {
        return Err(package_not_found().into());
    }
    let package = api::json(answer)?;
    field::text(&package, "/visibility").map(drop)
}

/// The first candidate; for an image the first one with a point in its numbers, if there is one.
///
/// A tag that is a single number is often a date, a build number, or the start of a commit hash that happens to have no
/// letter. It must not win over `1.2.3`, but if the image has no other tags it is the version.
fn newest<'a>(candidates: &[Candidate<'a>], registry: Registry) -> Option<Candidate<'a>> {
    let has_point = |spelling: &str| spelling.split(['-', '+']).next().is_some_and(|numbers| numbers.contains('.'));
    let exact = candidates.iter().find(|candidate| !registry.is_image() || has_point(candidate.spelling));
    exact.or(candidates.first()).copied()
}

fn range(text: &str) -> Result<Range<'_>, Failure> {
    Range::parse(text)
        .ok_or_else(|| Failure::invalid_parameter("PACKAGE_RANGE_INVALID", "version", "invalid version range"))
}
