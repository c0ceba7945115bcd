//! The plugins of an engine and their routes: loaded at the start, or by the first request that needs one.

use std::{
    error::Error,
    fmt,
    sync::{Arc, LazyLock},
};

use crate::{
    plugins::{Plugin, RouteError},
    provider_routes::ProviderRoutes,
};

/// Loads plugins.
pub(crate) type LoadPlugins = Box<dyn FnOnce() -> Result<Vec<Plugin>, Box<dyn Error + Send + Sync>> + Send>;
/// What loading ends with.
type Loaded = Result<RoutedPlugins, PluginsNotLoaded>;

/// The plugins, which may not be loaded yet.
pub(crate) struct PluginSet(LazyLock<Loaded, Box<dyn FnOnce() -> Loaded + Send>>);

/// Plugins that are loaded, with their routes.
#[derive(Debug)]
pub(crate) struct RoutedPlugins {
    pub(crate) plugins: Vec<Arc<Plugin>>,
    pub(crate) routes: ProviderRoutes,
}

/// The plugins could not be loaded. The log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PluginsNotLoaded;

impl PluginSet {
    /// Plugins that are loaded already.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub(crate) fn loaded(plugins: Vec<Plugin>) -> Result<Self, RouteError> {
        let routed = RoutedPlugins::new(plugins)?;
        let set = Self(LazyLock::new(Box::new(|| Ok(routed))));
        LazyLock::force(&set.0);
        Ok(set)
    }

    /// Plugins that the first request for one of them loads.
    pub(crate) fn on_demand(load: LoadPlugins) -> Self {
        Self(LazyLock::new(Box::new(|| {
            let routed = load().and_then(|plugins| Ok(RoutedPlugins::new(plugins)?));
            routed.map_err(|fault| {
                tracing::error!(%fault, "the plugins cannot be loaded");
                PluginsNotLoaded
            })
        })))
    }

    /// The plugins with their routes; they are loaded now if they are not yet.
    pub(crate) fn routed(&self) -> Result<&RoutedPlugins, PluginsNotLoaded> {
        self.0.as_ref().map_err(|fault| *fault)
    }

    /// The plugins, in the order of plugins.toml; none if they could not be loaded.
    pub(crate) fn all(&self) -> &[Arc<Plugin>] {
        self.routed().map_or(&[], |routed| &routed.plugins)
    }
}

impl RoutedPlugins {
    fn new(plugins: Vec<Plugin>) -> Result<Self, RouteError> {
        let routes = ProviderRoutes::new(&plugins)?;
        plugins.iter().for_each(Plugin::log_unset_settings);
        Ok(Self { plugins: plugins.into_iter().map(Arc::new).collect(), routes })
    }
}

impl fmt::Debug for PluginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PluginSet")
    }
}
