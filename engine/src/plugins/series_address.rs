//! The names of series, and their addresses.

use badgesmith_provider::Series;

/// The prefix of the addresses of charts.
pub(crate) const CHARTS: &str = "/charts/";
/// The prefix of the addresses of histories.
pub(crate) const HISTORIES: &str = "/api/history/";
/// The parameters of both, which name a subject.
const SUBJECT: &str = "{platform}/{owner}/{repo}/{branch…}";

/// The names of a series in addresses: its own and its collection's.
pub(crate) fn names(series: &Series) -> impl Iterator<Item = &str> {
    let own = series.name.as_deref().filter(|name| *name != series.collection);
    own.into_iter().chain([series.collection.as_str()])
}

/// The name under which a series is shown.
pub(crate) fn shown_name(series: &Series) -> &str {
    series.name.as_deref().unwrap_or(&series.collection)
}

/// The route of the charts of a series by one of its names.
pub(crate) fn chart_route(name: &str) -> String {
    format!("{CHARTS}{name}/{SUBJECT}")
}

/// The route of the histories of a series by one of its names.
pub(crate) fn history_route(name: &str) -> String {
    format!("{HISTORIES}{name}/{SUBJECT}")
}
