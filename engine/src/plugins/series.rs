//! The series of a plugin: which collections have one, which badges read it, and which series have addresses.

use badgesmith_provider::{BadgeRoute, Series};

use super::plugin::Plugin;

/// The series of a collection that the plugin may read.
pub(crate) fn series_of<'p>(plugin: &'p Plugin, collection: &str) -> Option<&'p Series> {
    let granted = plugin.collections.iter().any(|granted| granted == collection);
    plugin.manifest.series.iter().find(|series| granted && series.collection == collection)
}

/// Whether a badge of the plugin reads records that have a series. If no badge of the manifest names the collections
/// that it reads, each badge may read all of them.
pub(crate) fn reads_series(plugin: &Plugin, route: &BadgeRoute) -> bool {
    let reads_all = plugin.manifest.badges.iter().all(|badge| badge.reads.is_empty());
    let reads = if reads_all { &plugin.manifest.collections } else { &route.reads };
    reads.iter().any(|collection| series_of(plugin, collection).is_some())
}

/// The series that have addresses, with their numbers in the manifest. Only a plugin with the manifest's own id has
/// them, so that two plugins of the same provider do not share addresses.
pub(crate) fn addressed(plugin: &Plugin) -> impl Iterator<Item = (usize, &Series)> {
    let all = plugin.manifest.series.iter().enumerate();
    all.filter(|(_, series)| plugin.id == plugin.manifest.id && series_of(plugin, &series.collection).is_some())
}
