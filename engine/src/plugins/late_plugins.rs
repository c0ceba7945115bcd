//! Plugins that are loaded late: each by the first request for one of its addresses.

use std::{
    error::Error,
    fmt,
    sync::{Arc, OnceLock},
};

use badgesmith_provider::Manifest;

use super::{
    address_index::{AddressIndex, Fitting},
    plugin::Plugin,
    series_address,
};
use crate::route::{RouteSegment, RouteTemplate};

/// The result of loading a plugin.
type Loaded = Result<Arc<Plugin>, PluginNotLoaded>;

/// Plugins that are loaded when they are needed, and the prefixes of their addresses.
///
/// `badgesmith plugin pack` writes the prefixes beside plugins.toml, so that a short-lived process loads only the
/// plugins that its requests need.
pub struct LatePlugins {
    addresses: AddressIndex,
    load: Box<dyn Fn(usize) -> Loaded + Send + Sync>,
    plugins: Box<[OnceLock<Loaded>]>,
}

/// A plugin could not be loaded. The log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PluginNotLoaded;

impl LatePlugins {
    /// `count` plugins. `load` loads the plugin at a position, and `addresses` has the prefixes of their routes.
    pub fn new<E: Error>(
        addresses: AddressIndex,
        count: usize,
        load: impl Fn(usize) -> Result<Plugin, E> + Send + Sync + 'static,
    ) -> Self {
        let load = move |at| match load(at) {
            Ok(plugin) => {
                plugin.log_unset_settings();
                Ok(Arc::new(plugin))
            }
            Err(fault) => {
                tracing::error!(%fault, "a plugin cannot be loaded");
                Err(PluginNotLoaded)
            }
        };
        Self { addresses, load: Box::new(load), plugins: (0..count).map(|_| OnceLock::new()).collect() }
    }

    /// How many plugins there are.
    pub(crate) fn count(&self) -> usize {
        self.plugins.len()
    }

    /// The plugins that may have the address with these segments, which are still percent-encoded.
    pub(crate) fn fitting(&self, segments: &[&str]) -> Fitting {
        self.addresses.fitting(segments)
    }

    /// The plugin at a position, which is loaded now if it is not yet.
    pub(crate) fn plugin(&self, at: usize) -> Loaded {
        let plugin = self.plugins.get(at).ok_or(PluginNotLoaded)?;
        plugin.get_or_init(|| (self.load)(at)).clone()
    }
}

impl fmt::Debug for LatePlugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatePlugins").field(&self.addresses).finish()
    }
}

/// The literal segments that the routes of a manifest begin with, each joined by slashes and without repetition. The
/// routes are absolute.
#[must_use]
pub fn beginnings(manifest: &Manifest) -> Vec<String> {
    let routes = (manifest.badges.iter().map(|route| &route.route))
        .chain(manifest.reports.iter().map(|route| &route.route))
        .chain(manifest.redirects.iter().map(|route| &route.route))
        .chain(manifest.hooks.iter().map(|route| &route.route))
        .chain(manifest.refusals.iter().map(|route| &route.route))
        .chain(manifest.charts.iter().map(|route| &route.route))
        .cloned();
    let names = manifest.series.iter().flat_map(series_address::names);
    let of_series = names.flat_map(|name| [series_address::chart_route(name), series_address::history_route(name)]);
    let mut all: Vec<String> =
        routes.chain(of_series).filter_map(|route| RouteTemplate::parse(&route).ok()).map(|it| start(&it)).collect();
    all.sort_unstable_by(|one, other| one.split('/').cmp(other.split('/')));
    // In sorted order, a prefix comes before the longer ones that begin with it, which are redundant.
    all.dedup_by(|later, kept| {
        later.strip_prefix(&**kept).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    all
}

fn start(template: &RouteTemplate) -> String {
    let literal = |segment: &RouteSegment| match segment {
        RouteSegment::Literal(text) => Some(text.clone()),
        _ => None,
    };
    template.segments().iter().map_while(literal).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_that_contains_others_stands_for_them() {
        let manifest = Manifest::parse(
            r#"{"id": "gem", "version": "1.0.0", "mount": "/badges/gem", "badges": [
                {"name": "a", "route": "/gem/v/{gem}", "label": "", "summary": "", "example": ""},
                {"name": "b", "route": "/gem/{gem}", "label": "", "summary": "", "example": ""},
                {"name": "c", "route": "/gem-tools/{gem}", "label": "", "summary": "", "example": ""},
                {"name": "d", "route": "/badges/Gem/{gem}/{rest…}", "label": "", "summary": "", "example": ""}],
                "hooks": [{"name": "gem", "route": "/webhooks/gem/{owner}", "scheme": "github", "purpose": "Webhook",
                    "collections": [], "summary": "", "example": ""}]}"#,
        );
        assert_eq!(beginnings(&manifest.unwrap()), ["badges/gem", "gem", "gem-tools", "webhooks/gem"]);
    }

    #[test]
    fn a_series_has_addresses_of_charts_and_histories() {
        let manifest = Manifest::parse(
            r#"{"id": "ci", "version": "1.0.0", "mount": "/ci", "badges": [], "collections": ["test-results"],
                "series": [{"collection": "test-results", "name": "tests"}]}"#,
        );
        let expected = ["api/history/test-results", "api/history/tests", "charts/test-results", "charts/tests"];
        assert_eq!(beginnings(&manifest.unwrap()), expected);
    }
}
