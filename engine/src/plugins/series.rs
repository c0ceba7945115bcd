//! The series of a plugin: which records have one, which badges show it, and which have addresses.

use badgesmith_provider::{BadgeRoute, Series};

use super::plugin::Plugin;

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
