//! The query parameters of a route that an address may have.

use badgesmith_provider::BadgeRoute;

use crate::route::RouteTemplate;

/// The query parameters of a route that it leaves to the caller: neither a segment nor a fixed parameter has their name.
pub(super) fn open_query(badge: &BadgeRoute) -> impl Iterator<Item = &str> {
    let template = RouteTemplate::parse(&badge.route).ok();
    let segments = template.and_then(|template| template.fit_address(&badge.example)).unwrap_or_default();
    let names = badge.query.iter().map(String::as_str);
    names.filter(move |name| !badge.fixed.contains_key(*name) && !segments.contains_key(*name))
}
