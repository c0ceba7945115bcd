//! Routing: an address leads to one of the engine's own, to a route of a provider, or nowhere. The format of the
//! response is decided here, too.

use std::{sync::Arc, time::SystemTime};

use crate::{
    addresses::{self, is_reserved},
    call::provider_call::ProviderCall,
    error::Error,
    format::Format,
    plugins::{Plugin, RouteError, RouteErrorKind},
    request::{
        Incoming, LARGEST_BODY, LARGEST_HEADERS, LONGEST_PATH, Pairs, Request, TooDeep, decode, decode_fully, segments,
    },
    route::{Parameters, RouteSegment, RouteTemplate},
    router::{RouteMatch, Router},
    target::{BadgeTarget, OwnTarget, RedirectTarget, RefusedTarget, Refuses, ReportTarget, Target},
};

/// The routes of all providers.
#[derive(Debug)]
pub(crate) struct Places {
    router: Router<Index>,
}

/// The target of a provider's route: its index in the plugins, and in a list of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Index {
    Badge { plugin: usize, badge: usize },
    Report { plugin: usize, report: usize },
    Redirect { plugin: usize, redirect: usize },
    Refusal { plugin: usize, refusal: usize },
}

impl Places {
    /// Collects the routes of all manifests.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub(crate) fn new(plugins: &[Plugin]) -> Result<Self, RouteError> {
        let mut router = Router::new();
        for (plugin, loaded) in plugins.iter().enumerate() {
            let manifest = &loaded.manifest;
            let badges = manifest.badges.iter().map(|route| &route.route).enumerate();
            let reports = manifest.reports.iter().map(|route| &route.route).enumerate();
            let redirects = manifest.redirects.iter().map(|route| &route.route).enumerate();
            let refusals = manifest.refusals.iter().map(|route| &route.route).enumerate();
            let routes = badges
                .map(|(badge, route)| (route, Index::Badge { plugin, badge }))
                .chain(reports.map(|(report, route)| (route, Index::Report { plugin, report })))
                .chain(redirects.map(|(redirect, route)| (route, Index::Redirect { plugin, redirect })))
                .chain(refusals.map(|(refusal, route)| (route, Index::Refusal { plugin, refusal })));
            for (route, index) in routes {
                let refused = |kind| RouteError { plugin: loaded.id.clone(), kind };
                let template = RouteTemplate::parse(route).map_err(|fault| refused(RouteErrorKind::Syntax(fault)))?;
                let route = template.to_string();
                if template.first_literal().is_none_or(is_reserved) {
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

    /// Parses a request and finds the target of its address.
    pub(crate) fn place<'a, 'r>(
        &self,
        plugins: &'a [Arc<Plugin>],
        request: &'r Request,
        now: SystemTime,
    ) -> (Target<'a>, Incoming<'r>) {
        let pairs = request.pairs();
        let (target, format) = match self.find(plugins, request, &pairs) {
            Ok(found) => found,
            Err(error) => (Target::refused(error, Refuses::Request), Format::Json),
        };
        (target, Incoming { request, pairs, format, now })
    }

    fn find<'a>(
        &self,
        plugins: &'a [Arc<Plugin>],
        request: &Request,
        pairs: &Pairs<'_>,
    ) -> Result<(Target<'a>, Format), Error> {
        check_size(request, pairs)?;
        let named = match pairs.get("format") {
            Some(text) => Some(Format::parse(text).ok_or_else(|| Error::invalid_override("format"))?),
            None => None,
        };
        let whole: Vec<&str> = request.segments().collect();
        let mut segments = whole.clone();
        let is_own_badge = is_own_badge(&whole);
        let mut ending = None;
        if named.is_none()
            && let Some(last) = segments.last_mut()
            && let Some((format, stem)) = cut_ending(last, is_own_badge)
        {
            *last = stem;
            ending = Some(format);
        }
        let first = segments.first().map(|first| decode(first)).unwrap_or_default();
        let target = if first.starts_with(':') {
            // The oldest address of static badges: /:label-message-color.
            let content = decode(&segments.join("/"))[1..].to_owned();
            Target::Own(OwnTarget { address: addresses::STATIC_PATH, content })
        } else if let Some(address) = addresses::find(&segments) {
            Target::own(address, &segments)
        } else if let Some(index) = self.route(&segments, &whole) {
            self.provider(plugins, index, request, pairs)
        } else {
            let is_package = first.eq_ignore_ascii_case("badges")
                && segments.get(1).is_some_and(|second| decode(second).eq_ignore_ascii_case("packages"));
            if is_package {
                Target::refused(Error::unknown_provider(), Refuses::Badge)
            } else {
                Target::refused(Error::no_route(), Refuses::Address)
            }
        };
        let default = match &target {
            Target::Badge(BadgeTarget { route, .. }) => Some(Format::by_default(route)),
            _ => is_own_badge.then_some(Format::Svg),
        };
        let format = named.or(ending).or(default).unwrap_or(Format::Json);
        let format = if target.shows_pictures() { format } else { Format::Json };
        Ok((target, format))
    }

    /// The route that matches `segments`, in which an ending such as `.svg` was cut off. A report or a redirect has no
    /// endings, so it is matched with `whole`: a branch may be called `logo.svg`.
    fn route(&self, segments: &[&str], whole: &[&str]) -> Option<RouteMatch<'_, Index>> {
        let found = self.router.find(segments)?;
        match found.target {
            Index::Badge { .. } | Index::Refusal { .. } => Some(found),
            Index::Report { .. } | Index::Redirect { .. } => self.router.find(whole),
        }
    }

    /// The target of a provider's route.
    fn provider<'a>(
        &self,
        plugins: &'a [Arc<Plugin>],
        found: RouteMatch<'_, Index>,
        request: &Request,
        pairs: &Pairs<'_>,
    ) -> Target<'a> {
        let plugin = &plugins[found.target.plugin()];
        let refused = |error, route| {
            Target::Refused(RefusedTarget { error, route, plugin: Some(plugin), refuses: Refuses::Mistake })
        };
        match (*found.target, found.parameters) {
            (Index::Refusal { refusal, .. }, _) => {
                let refusal = &plugin.manifest.refusals[refusal];
                refused(Error::refused(refusal), &refusal.route)
            }
            (_, Err(TooDeep)) => refused(Error::too_deep(), ""),
            (Index::Badge { badge, .. }, Ok(parameters)) => {
                let route = &plugin.manifest.badges[badge];
                let call = ProviderCall::badge(plugin, route, parameters, pairs);
                Target::Badge(BadgeTarget { plugin, route, call })
            }
            (Index::Redirect { redirect, .. }, Ok(parameters)) => {
                let route = &plugin.manifest.redirects[redirect];
                Target::Redirect(RedirectTarget {
                    plugin,
                    route,
                    call: ProviderCall::redirect(plugin, route, parameters),
                })
            }
            (Index::Report { report, .. }, Ok(parameters)) => {
                let ambiguous = self.ambiguous(request, found.template, *found.target, &parameters);
                let route = &plugin.manifest.reports[report];
                let call = ProviderCall::report(plugin, route, parameters, request.body.clone());
                Target::Report(ReportTarget { plugin, route, call, ambiguous })
            }
        }
    }

    /// The first parameter of a report's path that has another value in the signed path, if there is one.
    ///
    /// The signed string contains the completely percent-decoded path. It must match the same route with the same
    /// parameters; otherwise one signature would be valid for two subjects.
    fn ambiguous(
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
    const fn plugin(self) -> usize {
        match self {
            Self::Badge { plugin, .. }
            | Self::Report { plugin, .. }
            | Self::Redirect { plugin, .. }
            | Self::Refusal { plugin, .. } => plugin,
        }
    }
}

fn check_size(request: &Request, pairs: &Pairs<'_>) -> Result<(), Error> {
    if request.path.len() + request.query.len() > LONGEST_PATH {
        return Err(Error::too_large(414, "path"));
    }
    let headers = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if headers > LARGEST_HEADERS {
        return Err(Error::too_large(431, "header"));
    }
    if request.body.len() > LARGEST_BODY {
        return Err(Error::too_large(413, "body"));
    }
    if pairs.are_too_many() {
        return Err(Error::too_many_pairs());
    }
    Ok(())
}

/// Whether this is the address of one of the engine's own badges, whose default format is SVG.
fn is_own_badge(segments: &[&str]) -> bool {
    let first = segments.first().map(|first| decode(first).to_ascii_lowercase()).unwrap_or_default();
    let is_endpoint = segments.len() == 1 && first.split('.').next() == Some("endpoint");
    matches!(&*first, "badge" | "static") || first.starts_with(':') || is_endpoint
}

/// The format that an ending such as `.svg` names, and the segment without it. `.json` is an ending of the engine's own
/// badges only, because there are packages such as `Newtonsoft.Json`.
fn cut_ending(segment: &str, is_own_badge: bool) -> Option<(Format, &str)> {
    let endings = [("svg", Format::Svg), ("png", Format::Png), ("json", Format::Json)];
    endings.into_iter().filter(|(_, format)| is_own_badge || *format != Format::Json).find_map(|(name, format)| {
        let stem = segment.strip_suffix(name)?;
        // A client or a gateway may have percent-encoded the dot.
        let stem = [".", "%2e", "%2E"].into_iter().find_map(|dot| stem.strip_suffix(dot))?;
        Some((format, stem))
    })
}
