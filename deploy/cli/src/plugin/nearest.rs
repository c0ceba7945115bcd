//! The badges whose routes are most like an address that no badge has.

use badgesmith_engine::edit_distance::{edit_distance, word_distance};

/// How many are shown.
const SHOWN: usize = 5;
/// The edit cost of a segment that one of two addresses lacks, or that has nothing in common with the other's.
const WHOLE: usize = 100;
/// The edit cost of matching a parameter with any value. It is less than the cost of one letter, so that equal words
/// count for more.
const ANY_VALUE: usize = 1;

/// A badge near to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NearBadge {
    /// Its route, such as /badges/hello/{project}.
    pub(crate) route: String,
    /// An address that matches its route.
    pub(crate) example: String,
}

/// The badges with the routes that are most like a path, the most similar first.
pub(super) fn nearest_badges(path: &str, badges: impl Iterator<Item = NearBadge>) -> Vec<NearBadge> {
    let path = path.split('?').next().unwrap_or_default();
    let mut near: Vec<_> = badges.map(|badge| (difference(path, &badge.route), badge)).collect();
    near.sort_by(|(one, first), (other, second)| (one, &first.route).cmp(&(other, &second.route)));
    near.into_iter().map(|(_, badge)| badge).take(SHOWN).collect()
}

/// The edit distance between a path and a route.
fn difference(path: &str, route: &str) -> usize {
    let [mut path, route] =
        [path, route].map(|text| text.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>());
    if route.last().is_some_and(|last| last.ends_with("…}") || last.ends_with("...}")) {
        // The last parameter matches all remaining segments.
        path.truncate(route.len());
    }
    edit_distance(&path, &route, WHOLE, |part, expected| {
        if expected.starts_with('{') {
            return ANY_VALUE;
        }
        let [part, expected] = [part, expected].map(|word| word.to_lowercase());
        let longest = part.chars().count().max(expected.chars().count()).max(1);
        word_distance(&part, &expected) * WHOLE / longest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_address_is_near_to_the_one_that_is_meant() {
        let routes = [
            "/badges/packages/nuget/{package}",
            "/badges/packages/nuget/{package}/downloads",
            "/badges/tests/{platform}/{owner}/{repo}/{branch…}",
            "/badges/hello/{project}",
            "/nuget/v/{package}",
            "/badges/coverage/{platform}/{owner}/{repo}/{branch…}",
        ];
        let badge = |route: &str| NearBadge { route: route.to_owned(), example: String::new() };
        for (path, first) in [
            ("/badges/helo/demo", 3),
            ("/badges/package/nuget/a?style=flat", 0),
            ("/badge/packages/NuGet/a/downloads", 1),
            ("/badges/test/linux/acme/shop/feature/x", 2),
            ("/badge/coverage/linux/acme/shop/main", 5),
            ("/nugets/v/a", 4),
        ] {
            let near = nearest_badges(path, routes.into_iter().map(badge));
            assert_eq!((near.len(), near[0].route.as_str()), (SHOWN, routes[first]), "{path}");
        }
        assert_eq!(nearest_badges("", [badge(routes[0])].into_iter()).len(), 1);
    }
}
