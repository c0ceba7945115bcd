//! A plugin that is loaded by the first request for one of its addresses.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    sync::{Arc, LazyLock},
};

use badgesmith_provider::Manifest;

use super::{plugin::Plugin, series_address};
use crate::route::{RouteSegment, RouteTemplate};

/// What loading ends with.
type Loaded = Result<Arc<Plugin>, PluginNotLoaded>;

/// A plugin that is not loaded yet, and the beginnings of its addresses.
///
/// `badgesmith plugin pack` writes the beginnings into plugins.toml, so that a short-lived process loads nothing that its
/// first request does not need.
pub struct LatePlugin {
    /// The literal segments that its routes begin with, in lower case.
    beginnings: Vec<Vec<String>>,
    plugin: LazyLock<Loaded, Box<dyn FnOnce() -> Loaded + Send>>,
}

/// A plugin could not be loaded. The log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PluginNotLoaded;

impl LatePlugin {
    /// A plugin that `load` loads. Its routes begin with one of `beginnings`, such as `badges/packages/nuget`.
    pub fn new<E: Error>(beginnings: &[String], load: impl FnOnce() -> Result<Plugin, E> + Send + 'static) -> Self {
        let segments = |text: &String| text.split('/').map(str::to_ascii_lowercase).collect();
        let load = || match load() {
            Ok(plugin) => {
                plugin.log_unset_settings();
                Ok(Arc::new(plugin))
            }
            Err(fault) => {
                tracing::error!(%fault, "a plugin cannot be loaded");
                Err(PluginNotLoaded)
            }
        };
        Self { beginnings: beginnings.iter().map(segments).collect(), plugin: LazyLock::new(Box::new(load)) }
    }

    /// Whether an address with these segments, decoded once, may be one of its own.
    pub(crate) fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        self.beginnings.iter().any(|beginning| {
            let pairs = beginning.iter().zip(segments);
            segments.len() >= beginning.len() && pairs.into_iter().all(|(word, text)| text.eq_ignore_ascii_case(word))
        })
    }

    /// The plugin, which is loaded now if it is not yet.
    pub(crate) fn plugin(&self) -> Result<&Arc<Plugin>, PluginNotLoaded> {
        self.plugin.as_ref().map_err(|fault| *fault)
    }
}

impl fmt::Debug for LatePlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatePlugin").field(&self.beginnings).finish()
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
    // After a beginning, those that it contains follow.
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

    #[test]
    fn a_plugin_is_asked_about_its_own_addresses_only() {
        let late = LatePlugin::new(&["badges/gem".to_owned(), "gem".to_owned()], || Err::<Plugin, _>(fmt::Error));
        let fits = |path: &str| late.fits(&path.split('/').map(Cow::from).collect::<Vec<_>>());
        assert!(fits("gem/v/rails") && fits("Badges/GEM/rails") && fits("gem"));
        assert!(!fits("gems/v/rails") && !fits("badges") && !fits("badges/gems/x"));
        assert_eq!(late.plugin().err(), Some(PluginNotLoaded));
    }
}
