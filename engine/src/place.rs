//! Routing: an address leads to one of the engine's own, to a route of a provider, or nowhere. The format of the
//! response is decided here, too.

use std::{sync::Arc, time::SystemTime};

use crate::{
    addresses::{self, is_reserved},
    asked_form::AskedForm,
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

    /// Parses a request and finds the target of its address. A picture's address is answered by a picture whatever is
    /// wrong with the request.
    pub(crate) fn place<'a, 'r>(
        &self,
        plugins: &'a [Arc<Plugin>],
        request: &'r Request,
        now: SystemTime,
    ) -> (Target<'a>, Incoming<'r>) {
        let pairs = request.pairs();
        let form = AskedForm::read(request, &pairs);
        if let Err(error) = check_size(request, &pairs) {
            let (target, format) = (Target::refused(error, Refuses::Request), form.format());
            return (target, Incoming { request, pairs: Pairs::default(), format, now });
        }
        let target = self.find(plugins, request, &pairs, &form);
        // A badge may have a parameter `format` of its own, such as the `long` of shields' SonarQube badges.
        let reads_format =
            matches!(&target, Target::Badge(badge) if badge.route.query.iter().any(|name| name == "format"));
        if form.is_invalid && !reads_format {
            let (target, format) =
                (Target::refused(Error::invalid_override("format"), Refuses::Request), form.format());
            return (target, Incoming { request, pairs, format, now });
        }
        let format = match &target {
            Target::Badge(BadgeTarget { route, .. }) => form.named.unwrap_or_else(|| Format::by_default(route)),
            Target::Refused(RefusedTarget { default: Some(default), .. }) => form.named.unwrap_or(*default),
            Target::Refused(RefusedTarget { refuses: Refuses::Address, .. }) => form.of_unknown(),
            target if target.shows_pictures() => form.format(),
            _ => Format::Json,
        };
        (target, Incoming { request, pairs, format, now })
    }

    fn find<'a>(
        &self,
        plugins: &'a [Arc<Plugin>],
        request: &Request,
        pairs: &Pairs<'_>,
        form: &AskedForm<'_>,
    ) -> Target<'a> {
        let segments = &form.segments[..];
        let first = segments.first().map(|first| decode(first)).unwrap_or_default();
        if first.starts_with(':') {
            // The oldest address of static badges: /:label-message-color.
            let content = decode(&segments.join("/"))[1..].to_owned();
            return Target::Own(OwnTarget { address: addresses::STATIC_PATH, content });
        }
        if let Some(address) = addresses::find(segments).filter(|own| own.is_badge() || !form.names_picture()) {
            return Target::own(address, segments);
        }
        if let Some(index) = self.route(segments, &form.whole) {
            return self.provider(plugins, index, request, pairs);
        }
        if addresses::is_older_website(segments) {
            return Target::Own(OwnTarget {
                address: addresses::WEBSITE,
                content: decode(&segments.join("/")).into_owned(),
            });
        }
        let is_package = first.eq_ignore_ascii_case("badges")
            && segments.get(1).is_some_and(|second| decode(second).eq_ignore_ascii_case("packages"));
        if is_package {
            Target::refused(Error::unknown_provider(), Refuses::Badge)
        } else {
            Target::refused(Error::no_route(), Refuses::Address)
        }
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
        let refused = |error, route, default| {
            let (plugin, refuses) = (Some(&**plugin), Refuses::Mistake);
            Target::Refused(RefusedTarget { error, route, plugin, refuses, default })
        };
        match (*found.target, found.parameters) {
            (Index::Refusal { refusal, .. }, _) => {
                let refusal = &plugin.manifest.refusals[refusal];
                refused(Error::refused(refusal), &refusal.route, None)
            }
            (Index::Badge { badge, .. }, Err(TooDeep)) => {
                let default = Format::by_default(&plugin.manifest.badges[badge]);
                refused(Error::too_deep(), "", Some(default))
            }
            (_, Err(TooDeep)) => refused(Error::too_deep(), "", Some(Format::Json)),
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
