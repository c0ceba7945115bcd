//! The query parameters of a route that a caller may set.

use badgesmith_provider::BadgeRoute;

use crate::{
    draw::trend_overrides::TREND_OVERRIDES,
    plugins::{Plugin, series::reads_series},
    route::RouteTemplate,
};

/// The query parameters of a route that a caller may set: those that are neither a segment nor a fixed parameter.
pub(super) fn open_query(badge: &BadgeRoute) -> impl Iterator<Item = &str> {
    let template = RouteTemplate::parse(&badge.route).ok();
    let segments = template.and_then(|template| template.fit_address(&badge.example)).unwrap_or_default();
    let names = badge.query.iter().map(String::as_str);
    names.filter(move |name| !badge.fixed.contains_key(*name) && !segments.contains_key(*name))
}

/// The overrides of the history that a badge has, unless it reads a parameter of that name itself.
pub(super) fn trend_query<'b>(plugin: &Plugin, badge: &'b BadgeRoute) -> impl Iterator<Item = &'b str> {
    let has_history = reads_series(plugin, badge);
    let names = TREND_OVERRIDES.into_iter().filter(move |_| has_history);
    names.filter(move |name| !badge.query.iter().any(|own| own == name))
}
