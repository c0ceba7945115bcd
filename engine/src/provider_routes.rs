//! The routes of all providers: which plugin, and which entry of its manifest, an address leads to.

use std::{borrow::Cow, sync::Arc};

use crate::{
    addresses::is_reserved,
    plugins::{Plugin, RouteError, RouteErrorKind, series, series_address, series_of},
    request::{Request, WEBHOOKS, decode_fully, segments},
    route::{Parameters, RouteSegment, RouteTemplate},
    router::{RouteMatch, Router},
};

/// The routes of all providers.
#[derive(Debug)]
pub(crate) struct ProviderRoutes {
    router: Router<Index>,
}

/// The target of a provider's route: its index in the plugins, and in a list of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    Badge {
        plugin: usize,
        badge: usize,
    },
    Report {
        plugin: usize,
        report: usize,
    },
    Redirect {
        plugin: usize,
        redirect: usize,
    },
    Hook {
        plugin: usize,
        hook: usize,
    },
    Refusal {
        plugin: usize,
        refusal: usize,
    },
    /// A chart of the manifest's.
    Chart {
        plugin: usize,
        chart: usize,
    },
    /// A chart of a series.
    SeriesChart {
        plugin: usize,
        series: usize,
    },
    /// The history of a series.
    History {
        plugin: usize,
        series: usize,
    },
}

impl Default for ProviderRoutes {
    fn default() -> Self {
        Self { router: Router::new() }
    }
}

impl ProviderRoutes {
    /// Collects the routes of all manifests.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub(crate) fn new(plugins: &[Arc<Plugin>]) -> Result<Self, RouteError> {
        let mut router = Router::new();
        for (plugin, loaded) in plugins.iter().enumerate() {
            let manifest = &loaded.manifest;
            let badges = manifest.badges.iter().map(|route| &route.route).enumerate();
            let reports = manifest.reports.iter().map(|route| &route.route).enumerate();
            let redirects = manifest.redirects.iter().map(|route| &route.route).enumerate();
            let hooks = manifest.hooks.iter().map(|route| &route.route).enumerate();
            let refusals = manifest.refusals.iter().map(|route| &route.route).enumerate();
            let routes = badges
                .map(|(badge, route)| (route, Index::Badge { plugin, badge }))
                .chain(reports.map(|(report, route)| (route, Index::Report { plugin, report })))
                .chain(redirects.map(|(redirect, route)| (route, Index::Redirect { plugin, redirect })))
                .chain(hooks.map(|(hook, route)| (route, Index::Hook { plugin, hook })))
                .chain(refusals.map(|(refusal, route)| (route, Index::Refusal { plugin, refusal })));
            let charts =
                manifest.charts.iter().enumerate().filter(|(_, chart)| series_of(loaded, &chart.collection).is_some());
            let charts = charts.map(|(chart, route)| (Cow::Borrowed(&*route.route), Index::Chart { plugin, chart }));
            let of_series = series::addressed(loaded).flat_map(|(number, of)| {
                series_address::names(of).flat_map(move |name| {
                    let chart = Index::SeriesChart { plugin, series: number };
                    let history = Index::History { plugin, series: number };
                    [
                        (series_address::chart_route(name).into(), chart),
                        (series_address::history_route(name).into(), history),
                    ]
                })
            });
            let routes = routes.map(|(route, index)| (Cow::Borrowed(&**route), index)).chain(charts).chain(of_series);
            for (route, index) in routes {
                let refused = |kind| RouteError { plugin: loaded.id.clone(), kind };
                let template = RouteTemplate::parse(&route).map_err(|fault| refused(RouteErrorKind::Syntax(fault)))?;
                let route = template.to_string();
                let is_hook = matches!(index, Index::Hook { .. });
                let is_kept = |first: &str| is_reserved(first) || (first == WEBHOOKS && !is_hook);
                // The engine itself makes the addresses of series, and those of charts are below the same first
                // segments.
                if !index.is_of_series() && template.first_literal().is_none_or(is_kept) {
                    return Err(refused(RouteErrorKind::Reserved { route }));
                }
                if let Err((other, taken)) = router.add(template, index) {
                    let (other_route, other_plugin) = (other.to_string(), plugins[taken.plugin()].id.clone());
                    return Err(refused(RouteErrorKind::Taken { route, other_route, other_plugin }));
                }
            }
        }
        Ok(Self { router })
    }

    /// The route that matches `segments`, in which an ending such as `.svg` was cut off. The address of a report, a
    /// redirect or a webhook has no such ending, so it is matched with `whole`: a branch may be called `logo.svg`.
    pub(crate) fn find(&self, segments: &[&str], whole: &[&str]) -> Option<RouteMatch<'_, Index>> {
        let found = self.router.find(segments)?;
        match found.target {
            Index::Badge { .. } | Index::Refusal { .. } | Index::Chart { .. } | Index::SeriesChart { .. } => {
                Some(found)
            }
            Index::Report { .. } | Index::Redirect { .. } | Index::Hook { .. } | Index::History { .. } => {
                self.router.find(whole)
            }
        }
    }

    /// The first parameter of a report's path that has another value in the signed path, if there is one.
    ///
    /// The signed string contains the completely percent-decoded path. It must match the same route with the same
    /// parameters; otherwise one signature would be valid for two subjects.
    pub(crate) fn ambiguous(
        &self,
        request: &Request,
        template: &RouteTemplate,
        index: Index,
        parameters: &Parameters,
    ) -> Option<String> {
        // This cannot fail: the path's segments were decoded before.
        let signed = decode_fully(&request.path).unwrap_or_default();
        let segments: Vec<&str> = segments(&signed).collect();
        let again = self.router.find(&segments).filter(|again| *again.target == index);
        let again = again.and_then(|again| again.parameters.ok()).unwrap_or_default();
        let mut names = template.segments().iter().filter_map(RouteSegment::name);
        names.find(|name| again.get(*name) != parameters.get(*name)).map(str::to_owned)
    }
}

impl Index {
    pub(crate) const fn plugin(self) -> usize {
        match self {
            Self::Badge { plugin, .. }
            | Self::Report { plugin, .. }
            | Self::Redirect { plugin, .. }
            | Self::Hook { plugin, .. }
            | Self::Refusal { plugin, .. }
            | Self::Chart { plugin, .. }
            | Self::SeriesChart { plugin, .. }
            | Self::History { plugin, .. } => plugin,
        }
    }

    /// Whether it is the address of a series, below `/charts/` or `/api/history/`.
    const fn is_of_series(self) -> bool {
        matches!(self, Self::Chart { .. } | Self::SeriesChart { .. } | Self::History { .. })
    }
}
