//! The plugins of an engine and their routes: loaded at the start, or each by the first request for one of its
//! addresses.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use crate::{
    plugins::{LatePlugin, Plugin, PluginNotLoaded, RouteError},
    provider_routes::ProviderRoutes,
    request::decode,
};

/// What loading ends with.
type Loaded = Result<RoutedPlugins, PluginNotLoaded>;
/// Plugins with routes that are made of them when they are needed.
type LateRoutes = LazyLock<Loaded, Box<dyn FnOnce() -> Loaded + Send>>;

/// The plugins, which may not be loaded yet.
pub(crate) struct PluginSet {
    all: LateRoutes,
    /// Each plugin by itself; empty if all were loaded at the start.
    each: Vec<(Arc<LatePlugin>, LateRoutes)>,
    none: RoutedPlugins,
}

/// Plugins that are loaded, with their routes.
#[derive(Debug, Default)]
pub(crate) struct RoutedPlugins {
    pub(crate) plugins: Vec<Arc<Plugin>>,
    pub(crate) routes: ProviderRoutes,
}

impl PluginSet {
    /// Plugins that are loaded already.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub(crate) fn loaded(plugins: Vec<Plugin>) -> Result<Self, RouteError> {
        plugins.iter().for_each(Plugin::log_unset_settings);
        let routed = RoutedPlugins::new(plugins.into_iter().map(Arc::new).collect())?;
        let all: LateRoutes = LazyLock::new(Box::new(|| Ok(routed)));
        LazyLock::force(&all);
        Ok(Self { all, each: Vec::new(), none: RoutedPlugins::default() })
    }

    /// Plugins of which each is loaded by the first request for one of its addresses.
    pub(crate) fn late(plugins: Vec<LatePlugin>) -> Self {
        let plugins: Vec<Arc<LatePlugin>> = plugins.into_iter().map(Arc::new).collect();
        let all = late_routes(plugins.clone());
        let each = plugins.into_iter().map(|plugin| (Arc::clone(&plugin), late_routes(vec![plugin]))).collect();
        Self { all, each, none: RoutedPlugins::default() }
    }

    /// The plugins to which an address with these segments may lead, which are percent-encoded still. They are loaded
    /// now if they are not yet.
    pub(crate) fn routed(&self, segments: &[&str]) -> Result<&RoutedPlugins, PluginNotLoaded> {
        if self.each.is_empty() {
            return self.all.as_ref().map_err(|fault| *fault);
        }
        let decoded: Vec<_> = segments.iter().map(|segment| decode(segment)).collect();
        let mut fitting = self.each.iter().filter(|(plugin, _)| plugin.fits(&decoded)).map(|(_, routed)| routed);
        let routed = match (fitting.next(), fitting.next()) {
            (None, _) => return Ok(&self.none),
            (Some(routed), None) => routed,
            // Only all routes together tell which one is the most specific.
            (Some(_), Some(_)) => &self.all,
        };
        routed.as_ref().map_err(|fault| *fault)
    }

    /// The plugins, in the order of plugins.toml; none if they could not be loaded.
    pub(crate) fn all(&self) -> &[Arc<Plugin>] {
        self.all.as_ref().map_or(&[], |routed| &routed.plugins)
    }
}

fn late_routes(plugins: Vec<Arc<LatePlugin>>) -> LateRoutes {
    LazyLock::new(Box::new(move || {
        let plugins = plugins.iter().map(|plugin| plugin.plugin().cloned()).collect::<Result<Vec<_>, _>>()?;
        RoutedPlugins::new(plugins).map_err(|fault| {
            tracing::error!(%fault, "the plugins cannot be served");
            PluginNotLoaded
        })
    }))
}

impl RoutedPlugins {
    fn new(plugins: Vec<Arc<Plugin>>) -> Result<Self, RouteError> {
        let routes = ProviderRoutes::new(&plugins)?;
        Ok(Self { plugins, routes })
    }
}

impl fmt::Debug for PluginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PluginSet")
    }
}
