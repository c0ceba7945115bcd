//! Further routes of a badge: each becomes a badge of the same name, so that later code need not distinguish them.

use badgesmith_provider::{BadgeRoute, FurtherRoute, Manifest};

use crate::route::RouteTemplate;

/// Replaces every badge that has further routes by one badge for each of its routes, the badge's own first.
pub(super) fn flatten(manifest: &mut Manifest) {
    let badges = std::mem::take(&mut manifest.badges);
    manifest.badges = badges.into_iter().flat_map(flat).collect();
}

fn flat(mut badge: BadgeRoute) -> Vec<BadgeRoute> {
    let routes = std::mem::take(&mut badge.routes);
    let further: Vec<BadgeRoute> = routes.into_iter().map(|route| further(&badge, route)).collect();
    [vec![badge], further].concat()
}

/// The badge of a further route; fields that the further route does not set are those of the badge.
fn further(badge: &BadgeRoute, further: FurtherRoute) -> BadgeRoute {
    let FurtherRoute { route, label, prefix, format, fixed, query, logo, example } = further;
    let mut all_fixed = badge.fixed.clone();
    // A parameter that is a segment of the further route is no longer fixed. A route that cannot be parsed is refused
    // later.
    if let Ok(template) = RouteTemplate::parse(&format!("/{}", route.trim_start_matches('/'))) {
        all_fixed.retain(|name, _| !template.has(name));
    }
    all_fixed.extend(fixed);
    BadgeRoute {
        label: label.unwrap_or_else(|| badge.label.clone()),
        prefix: prefix.unwrap_or_else(|| badge.prefix.clone()),
        format: format.or_else(|| badge.format.clone()),
        query: query.unwrap_or_else(|| badge.query.clone()),
        logo: logo.or_else(|| badge.logo.clone()).filter(|logo| !logo.is_empty()),
        fixed: all_fixed,
        route,
        example,
        ..badge.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"id": "gem", "version": "1.0.0", "mount": "/badges/gem", "badges": [
        {"name": "version", "route": "{gem}", "query": ["pre"], "label": "gem", "logo": "ruby", "category": "version",
         "summary": "Its version.", "example": "rails", "fixed": {"tag": "latest"}, "fresh-seconds": 7, "routes": [
            {"route": "/gem/v/{gem}", "prefix": "v", "example": "/gem/v/rails"},
            {"route": "/gem/{tag}/{gem}", "label": "{tag}", "format": "png", "query": [], "logo": "",
             "fixed": {"kind": "x"}, "example": "/gem/beta/rails"}]},
        {"name": "other", "route": "{gem}/other", "label": "other", "summary": "Other.", "example": "rails/other"}]}"#;

    #[test]
    fn a_further_route_has_of_its_badge_what_it_leaves_open() {
        let mut manifest = Manifest::parse(MANIFEST).unwrap();
        flatten(&mut manifest);
        let [own, shields, tagged, other] = &manifest.badges[..] else { panic!("{manifest:?}") };
        assert_eq!((&*own.route, &*other.route), ("{gem}", "{gem}/other"));
        assert!(manifest.badges.iter().all(|badge| badge.routes.is_empty()));
        let of_own = BadgeRoute {
            route: "/gem/v/{gem}".to_owned(),
            prefix: "v".to_owned(),
            example: "/gem/v/rails".to_owned(),
            ..own.clone()
        };
        assert_eq!(*shields, of_own);
        assert_eq!((&*tagged.name, &*tagged.label, tagged.fresh_seconds), ("version", "{tag}", 7));
        assert_eq!((tagged.logo.as_deref(), tagged.format.as_deref()), (None, Some("png")));
        assert!(tagged.query.is_empty() && tagged.prefix.is_empty());
        assert_eq!(tagged.fixed.keys().collect::<Vec<_>>(), ["kind"]);
    }
}
