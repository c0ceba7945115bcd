//! The badge of a package: its newest version on GitHub Packages.

use std::{cmp::Reverse, ops::RangeInclusive};

use badgesmith_provider::{
    Badge, Call, Failure, SentWith,
    order::{self, Order},
};
use badgesmith_versions::{Candidate, Range, Version, candidates};

use crate::{
    api,
    failures::{package_not_found, version_not_found},
    field, limit, link,
    listing::{self, ListedVersion},
    package::{Package, Registry},
    stop::Stop,
};

/// How many pages of the newest versions are read at first.
const FIRST_PAGES: u32 = 10;
/// The largest number of pages that are read if the first ones have no version to show. A call has 64 requests.
const MOST_PAGES: u32 = 60;
/// The largest number of pages that are read one after the other: each takes a turn of the call, which has eight, and
/// the last turn returns the badge.
const MOST_PAGES_IN_TURN: u32 = 7;

/// The newest version of a package, within a version range if one is given.
pub(crate) fn version(call: &Call<'_>) -> Result<Badge, Stop> {
    let package = Package::of(call)?;
    let range = call.query("version").map(range).transpose()?;
    let (mut listed, last_page) = listed(call, &package)?;
    let newest = |listed: &[ListedVersion]| {
        newest_badge(listed, package.registry, range.as_ref(), call.flag("prerelease")).ok_or_else(version_not_found)
    };
    if let Some(last) = last_page.filter(|last| *last > FIRST_PAGES && newest(&listed).is_err()) {
        listed.extend(read_pages(call, &package, FIRST_PAGES + 1..=last.min(MOST_PAGES))?);
    }
    Ok(newest(&listed)?)
}

fn newest_badge(
    listed: &[ListedVersion],
    registry: Registry,
    range: Option<&Range<'_>>,
    prerelease: bool,
) -> Option<Badge> {
    let mut spellings: Vec<_> = listed.iter().flat_map(|listed| listed.spellings(registry)).collect();
    if let Some(order) = registry.own_order() {
        let newest = newest_by(order, spellings.into_iter(), range, prerelease)?;
        return Some(badge(newest, order.is_prerelease(newest)));
    }
    // An image can have several tags of one version: `1`, `1.2` and `1.2.0`. The longest one is the most precise.
    spellings.sort_by_key(|spelling| Reverse(spelling.len()));
    let candidates = candidates(spellings.into_iter(), range, prerelease);
    let Candidate { version, spelling } = newest_candidate(&candidates, registry)?;
    // NuGet's clients show a version in normalised form, other registries' clients as it was published.
    let message = if registry == Registry::Nuget { version.to_string() } else { spelling.to_owned() };
    Some(badge(message, version.is_prerelease()))
}

fn badge(version: impl Into<String>, is_prerelease: bool) -> Badge {
    Badge::new(version).color(if is_prerelease { "orange" } else { "green" })
}

/// The versions on the first pages that GitHub lists, and the number of the last page: the first page, then the others
/// all at once, because the `Link` header of the first one has the number of the last one. If it only has a next page,
/// the pages are read one after the other.
///
/// The addresses of pages are made here and never taken from an answer, so that no answer can send the token elsewhere.
fn listed(call: &Call<'_>, package: &Package<'_>) -> Result<(Vec<ListedVersion>, Option<u32>), Stop> {
    let mut answer = call.fetch(package.page(1))?;
    let mut listed = listing::read(answer, call.now)?;
    let is_servers = answer.sent_with == Some(SentWith::Server);
    if is_servers {
        is_visible(call, package)?;
    }
    if let Some(last) = link::last_page(answer) {
        listed.extend(read_pages(call, package, 2..=last.min(FIRST_PAGES))?);
        return Ok((listed, Some(last)));
    }
    for number in 2..=MOST_PAGES_IN_TURN - u32::from(is_servers) {
        if !link::has_next(answer) {
            break;
        }
        answer = call.fetch(package.page(number))?;
        listed.extend(listing::read(answer, call.now)?);
    }
    Ok((listed, None))
}

/// The versions on these pages, which are asked for at once.
fn read_pages(
    call: &Call<'_>,
    package: &Package<'_>,
    numbers: RangeInclusive<u32>,
) -> Result<Vec<ListedVersion>, Stop> {
    let mut listed = Vec::new();
    for answer in call.fetch_all(numbers.map(|number| package.page(number)))? {
        listed.extend(listing::read(answer, call.now)?);
    }
    Ok(listed)
}

/// Requests the package itself, because the list of its versions does not say whether it is private. The server's own
/// token may see packages that the public may not; the host presents a private package to the provider as a missing
/// one.
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
fn newest_candidate<'a>(candidates: &[Candidate<'a>], registry: Registry) -> Option<Candidate<'a>> {
    let has_point = |spelling: &str| spelling.split(['-', '+']).next().is_some_and(|numbers| numbers.contains('.'));
    let exact = candidates.iter().find(|candidate| !registry.is_image() || has_point(candidate.spelling));
    exact.or(candidates.first()).copied()
}

/// The newest version in the order of its registry. The range has NuGet's grammar, so what is compared with it are the
/// first four numbers and, of a prerelease, what follows them.
fn newest_by<'a>(
    order: Order,
    spellings: impl Iterator<Item = &'a str>,
    range: Option<&Range<'_>>,
    prerelease: bool,
) -> Option<&'a str> {
    let is_version = |spelling: &&str| match order {
        // Maven's clients take any text; some name a release after a city.
        Order::Maven => !spelling.is_empty(),
        _ => spelling.starts_with(|first: char| first.is_ascii_digit()),
    };
    let wanted: Vec<_> = spellings
        .filter(is_version)
        .filter(|spelling| prerelease || !order.is_prerelease(spelling))
        .filter(|spelling| range.is_none_or(|range| is_in(range, spelling, order.is_prerelease(spelling))))
        .collect();
    order::newest(&wanted, order, true)
}

fn is_in(range: &Range<'_>, spelling: &str, is_prerelease: bool) -> bool {
    let end = spelling.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(spelling.len());
    let (numbers, label) = spelling.split_at(end);
    let mut text = numbers.split('.').filter(|number| !number.is_empty()).take(4).collect::<Vec<_>>().join(".");
    if is_prerelease {
        let label = label.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.', "-");
        text = format!("{text}-{}", label.trim_matches(['-', '.']));
    }
    Version::parse(&text).is_some_and(|version| range.satisfied_by(&version))
}

fn range(text: &str) -> Result<Range<'_>, Failure> {
    Range::parse(text)
        .ok_or_else(|| Failure::invalid_parameter("PACKAGE_RANGE_INVALID", "version", "invalid version range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_java_or_ruby_is_compared_as_its_registry_does_and_has_nugets_ranges() {
        for (order, versions, query, prerelease, expected) in [
            (Order::Maven, "2.0.0.RELEASE 1.9.0", "", false, Some("2.0.0.RELEASE")),
            (Order::Maven, "33.0.0-jre 32.1.0-android", "", false, Some("33.0.0-jre")),
            (Order::Maven, "33.0.0-jre 32.1.0-jre", "[32.0,33.0)", false, Some("32.1.0-jre")),
            (Order::Maven, "1.0.0.Final 1.0.0.RC1 2.0.0.M1", "", false, Some("1.0.0.Final")),
            (Order::Maven, "1.0.0.Final 1.0.0.RC1 2.0.0.M1", "", true, Some("2.0.0.M1")),
            (Order::Maven, "1.0.0.Final 2.0.0.M1 2.0.0", "[1.0,2.0)", true, Some("1.0.0.Final")),
            (Order::Maven, "1.1-SNAPSHOT", "", false, None),
            (Order::Maven, "Greenwich.SR6 Hoxton.SR12 Hoxton.SR9", "", false, Some("Hoxton.SR12")),
            (Order::Rubygems, "2.0.0.beta2 2.0.0.beta10 1.9.9", "", false, Some("1.9.9")),
            (Order::Rubygems, "2.0.0.beta2 2.0.0.beta10 1.9.9", "", true, Some("2.0.0.beta10")),
            (Order::Rubygems, "1.2.3.4.5 1.2.3.4", "1.*", false, Some("1.2.3.4.5")),
            (Order::Rubygems, "latest", "", true, None),
        ] {
            let range = Range::parse(query).filter(|_| !query.is_empty());
            let found = newest_by(order, versions.split(' '), range.as_ref(), prerelease);
            assert_eq!(found, expected, "{order:?} {versions} {query}");
        }
    }
}
