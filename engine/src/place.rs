//! Routing: an address leads to one of the engine's own, to a route of a provider, or nowhere. The format of the
//! response is decided here, too.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use badgesmith_provider::{BadgeRoute, RedirectRoute, ReportRoute};
use http::Method;

use crate::{
    addresses::{self, OwnAddress, Serves, is_reserved},
    call::provider_call::ProviderCall,
    error::Error,
    format::Format,
    plugins::{Plugin, RouteError, RouteErrorKind},
    request::{
        Incoming, LARGEST_BODY, LARGEST_HEADERS, LONGEST_PATH, Pairs, Request, TooDeep, decode, decode_fully, segments,
    },
    response::AccessLine,
    route::{Parameters, RouteMatch, RouteSegment, RouteTemplate, Router},
};

/// The allowed methods of a read-only address.
const METHODS: &str = "GET, HEAD, OPTIONS";
/// The allowed methods of an address that takes reports.
const REPORT_METHODS: &str = "POST, OPTIONS";

/// Where an address leads.
pub(crate) enum Target<'a> {
    Own(OwnTarget),
    Badge(BadgeTarget<'a>),
    Report(ReportTarget<'a>),
    Redirect(RedirectTarget<'a>),
    Refused(RefusedTarget<'a>),
}

/// An address of the engine's own.
pub(crate) struct OwnTarget {
    pub(crate) address: &'static OwnAddress,
    /// The value of the path's parameter, percent-decoded once; empty if it has none.
    pub(crate) content: String,
}

/// A provider's badge.
pub(crate) struct BadgeTarget<'a> {
    pub(crate) plugin: &'a Arc<Plugin>,
    pub(crate) route: &'a BadgeRoute,
    pub(crate) call: ProviderCall,
}

/// A report to a provider.
pub(crate) struct ReportTarget<'a> {
    pub(crate) plugin: &'a Arc<Plugin>,
    pub(crate) route: &'a ReportRoute,
    pub(crate) call: ProviderCall,
    /// A parameter whose value in the signed path is ambiguous.
    pub(crate) ambiguous: Option<String>,
}

/// A provider's redirect.
pub(crate) struct RedirectTarget<'a> {
    pub(crate) plugin: &'a Arc<Plugin>,
    pub(crate) route: &'a RedirectRoute,
    pub(crate) call: ProviderCall,
}

/// An address or a request that is refused.
pub(crate) struct RefusedTarget<'a> {
    pub(crate) error: Error,
    route: &'a str,
    plugin: Option<&'a Plugin>,
    refuses: Refuses,
}

/// What is refused, and for which methods; for any other method the answer is 405.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refuses {
    /// The whole request, for every method, as JSON.
    Request,
    /// The address, for every method but OPTIONS.
    Address,
    /// An address that a manifest refuses, for GET, HEAD and POST.
    Mistake,
    /// The address, for GET and HEAD.
    Badge,
}

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
            Target::Badge(BadgeTarget { route, .. }) => route.format.as_deref().and_then(Format::parse),
            _ => is_own_badge.then_some(Format::Svg),
        };
        let format = named.or(ending).or(default).unwrap_or(Format::Json);
        let format = if shows_pictures(&target) { format } else { Format::Json };
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

impl RefusedTarget<'_> {
    /// Whether the whole request is refused, regardless of its address.
    pub(crate) fn refuses_request(&self) -> bool {
        self.refuses == Refuses::Request
    }
}

impl OwnTarget {
    /// The defaults of its badge.
    pub(crate) fn defaults(&self) -> BadgeRoute {
        BadgeRoute { label: self.address.label().to_owned(), ..BadgeRoute::default() }
    }
}

impl<'a> Target<'a> {
    fn own(address: &'static OwnAddress, segments: &[&str]) -> Self {
        let content = match address.serves {
            Serves::StaticPath => decode(&segments[1..].join("/")).into_owned(),
            _ => String::new(),
        };
        Self::Own(OwnTarget { address, content })
    }

    const fn refused(error: Error, refuses: Refuses) -> Self {
        Self::Refused(RefusedTarget { error, route: "", plugin: None, refuses })
    }

    /// The value of `Allow`.
    pub(crate) const fn methods(&self) -> &'static str {
        if matches!(self, Self::Report(_)) { REPORT_METHODS } else { METHODS }
    }

    /// Whether it answers OPTIONS.
    pub(crate) fn has_options(&self) -> bool {
        !matches!(self, Self::Refused(refused) if refused.refuses_request())
    }

    /// Checks that it allows this method, which is not OPTIONS.
    ///
    /// # Errors
    /// 405, with the allowed methods.
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), Error> {
        let is_shown = matches!(*method, Method::GET | Method::HEAD);
        let is_taken = match self {
            Self::Report(_) => *method == Method::POST,
            Self::Refused(RefusedTarget { refuses: Refuses::Request | Refuses::Address, .. }) => true,
            Self::Refused(RefusedTarget { refuses: Refuses::Mistake, .. }) => is_shown || *method == Method::POST,
            _ => is_shown,
        };
        if is_taken { Ok(()) } else { Err(Error::method_not_allowed(self.methods())) }
    }

    /// The defaults of its badge.
    pub(crate) fn defaults(&self) -> Cow<'a, BadgeRoute> {
        let labelled = |label: &str| Cow::Owned(BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() });
        match self {
            Self::Badge(BadgeTarget { route, .. }) => Cow::Borrowed(route),
            Self::Own(target) => Cow::Owned(target.defaults()),
            Self::Refused(RefusedTarget { plugin: Some(plugin), .. }) => {
                labelled(plugin.manifest.badges.first().map_or("", |badge| &badge.label))
            }
            Self::Refused(_) => labelled("badge"),
            _ => Cow::Owned(BadgeRoute::default()),
        }
    }

    /// The start of its line in the access log: the route's template and the plugin, if it has them.
    pub(crate) fn access_line(&self) -> AccessLine {
        let own = |route: &'static str| AccessLine { route: Cow::Borrowed(route), ..AccessLine::default() };
        let of = |route: &str, plugin: &Plugin| AccessLine {
            route: Cow::Owned(route.to_owned()),
            plugin: plugin.id.clone(),
            ..AccessLine::default()
        };
        match self {
            Self::Own(OwnTarget { address, .. }) => own(address.route),
            Self::Badge(BadgeTarget { plugin, route, .. }) => of(&route.route, plugin),
            Self::Report(ReportTarget { plugin, route, .. }) => of(&route.route, plugin),
            Self::Redirect(RedirectTarget { plugin, route, .. }) => of(&route.route, plugin),
            Self::Refused(RefusedTarget { plugin: Some(plugin), route, .. }) => of(route, plugin),
            Self::Refused(_) => own(""),
        }
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

/// Whether a target answers, and reports its errors, as a picture if the request asks for one.
const fn shows_pictures(target: &Target<'_>) -> bool {
    match target {
        Target::Own(OwnTarget { address, .. }) => address.is_badge(),
        Target::Badge(_) | Target::Refused(_) => true,
        Target::Report(_) | Target::Redirect(_) => false,
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
