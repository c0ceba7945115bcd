//! The plugins of an engine and their routes: loaded at the start, or each by the first request for one of its
//! addresses.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use crate::{
    plugins::{Fitting, LatePlugins, Plugin, PluginNotLoaded, RouteError},
    provider_routes::ProviderRoutes,
};

/// The routes of some plugins, built when they are first needed.
type LateRoutes = OnceLock<Result<Box<RoutedPlugins>, PluginNotLoaded>>;

/// The plugins, which may not be loaded yet.
pub(crate) enum PluginSet {
    /// All were loaded at the start.
    Loaded(RoutedPlugins),
    /// Each is loaded by the first request for one of its addresses.
    Late {
        /// The plugins.
        plugins: LatePlugins,
        /// The routes of each plugin separately.
        each: Box<[LateRoutes]>,
        /// The routes of all plugins together.
        all: LateRoutes,
        /// No routes.
        none: RoutedPlugins,
    },
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
        Ok(Self::Loaded(RoutedPlugins::new(plugins.into_iter().map(Arc::new).collect())?))
    }

    /// Checks the routes of these plugins together.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub(crate) fn check_routes(plugins: Vec<Arc<Plugin>>) -> Result<(), RouteError> {
        RoutedPlugins::new(plugins).map(drop)
    }

    /// Plugins that are loaded late: each by the first request for one of its addresses.
    pub(crate) fn late(plugins: LatePlugins) -> Self {
        let each = (0..plugins.count()).map(|_| OnceLock::new()).collect();
        Self::Late { plugins, each, all: OnceLock::new(), none: RoutedPlugins::default() }
    }

    /// The plugins that may have the address with these segments, which are still percent-encoded. Plugins that are not
    /// loaded yet are loaded now.
    pub(crate) fn routed(&self, segments: &[&str]) -> Result<&RoutedPlugins, PluginNotLoaded> {
        match self {
            Self::Loaded(routed) => Ok(routed),
            Self::Late { plugins, each, all, none } => match plugins.fitting(segments) {
                Fitting::Nothing => Ok(none),
                Fitting::One(at) => routes(each.get(at).ok_or(PluginNotLoaded)?, plugins, at..at + 1),
                // All routes are needed to find the most specific one.
                Fitting::Several => routes(all, plugins, 0..plugins.count()),
            },
        }
    }

    /// The plugins, in the order of plugins.toml; none if they could not be loaded.
    pub(crate) fn all(&self) -> &[Arc<Plugin>] {
        match self {
            Self::Loaded(routed) => &routed.plugins,
            Self::Late { plugins, all, .. } => {
                routes(all, plugins, 0..plugins.count()).map_or(&[], |routed| &routed.plugins)
            }
        }
    }
}

/// The routes of the plugins at these positions, built now if they are not yet.
fn routes<'a>(
    routes: &'a LateRoutes,
    plugins: &LatePlugins,
    positions: Range<usize>,
) -> Result<&'a RoutedPlugins, PluginNotLoaded> {
    let make = || {
        let plugins = positions.map(|at| plugins.plugin(at)).collect::<Result<Vec<_>, _>>()?;
        RoutedPlugins::new(plugins).map(Box::new).map_err(|fault| {
            tracing::error!(%fault, "the plugins cannot be served");
            PluginNotLoaded
        })
    };
    routes.get_or_init(make).as_deref().map_err(|fault| *fault)
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
