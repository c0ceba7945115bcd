//! The series of a plugin: which records have one, which badges show it, and the addresses that it has.

use badgesmith_provider::{BadgeRoute, Manifest, Series};

use super::{id::is_id, manifest_check::PluginError, plugin::Plugin};
use crate::route::RouteTemplate;

/// What the addresses of charts begin with.
pub(crate) const CHARTS: &str = "/charts/";
/// What the addresses of histories begin with.
pub(crate) const HISTORIES: &str = "/api/history/";
/// The parameters of both, which name a subject.
const SUBJECT: &str = "{platform}/{owner}/{repo}/{branch…}";

/// The series of a collection that the plugin may read.
pub(crate) fn series_of<'p>(plugin: &'p Plugin, collection: &str) -> Option<&'p Series> {
    let granted = plugin.collections.iter().any(|granted| granted == collection);
    plugin.manifest.series.iter().find(|series| granted && series.collection == collection)
}

/// Whether a badge of the plugin reads records that have a series. If no badge of a manifest says what it reads, each
/// may read all.
pub(crate) fn reads_series(plugin: &Plugin, route: &BadgeRoute) -> bool {
    let reads_all = plugin.manifest.badges.iter().all(|badge| badge.reads.is_empty());
    let reads = if reads_all { &plugin.manifest.collections } else { &route.reads };
    reads.iter().any(|collection| series_of(plugin, collection).is_some())
}

/// The series that have addresses here, with their numbers in the manifest. A plugin that is served at another mount
/// has none: the addresses are those of the plugin at its own.
pub(crate) fn addressed(plugin: &Plugin) -> impl Iterator<Item = (usize, &Series)> {
    let all = plugin.manifest.series.iter().enumerate();
    all.filter(|(_, series)| plugin.id == plugin.manifest.id && series_of(plugin, &series.collection).is_some())
}

/// The names of a series in addresses: its own and its collection's.
pub(crate) fn names(series: &Series) -> impl Iterator<Item = &str> {
    let own = series.name.as_deref().filter(|name| *name != series.collection);
    own.into_iter().chain([series.collection.as_str()])
}

/// The name of a series that is shown.
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

/// Checks the series and the charts of a manifest whose routes are absolute.
///
/// # Errors
/// The first mistake.
pub(super) fn check(manifest: &Manifest) -> Result<(), PluginError> {
    for series in &manifest.series {
        if !manifest.collections.contains(&series.collection) {
            return Err(PluginError::SeriesCollection(series.collection.clone()));
        }
        if let Some(name) = names(series).find(|name| !is_id(name)) {
            return Err(PluginError::SeriesName(name.to_owned()));
        }
        if manifest.series.iter().filter(|other| names(other).any(|name| names(series).any(|own| own == name))).count()
            > 1
        {
            return Err(PluginError::SeriesTwice(shown_name(series).to_owned()));
        }
    }
    for chart in &manifest.charts {
        let template = RouteTemplate::parse(&chart.route)?;
        let names_repository = ["owner", "repo"].iter().all(|name| template.has(name));
        if !chart.route.starts_with(CHARTS) || !names_repository || template.fit_address(&chart.example).is_none() {
            return Err(PluginError::ChartRoute(chart.route.clone()));
        }
        if !manifest.series.iter().any(|series| series.collection == chart.collection) {
            return Err(PluginError::ChartCollection(chart.collection.clone()));
        }
    }
    Ok(())
}
