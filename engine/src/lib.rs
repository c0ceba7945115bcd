//! From a request for a badge to a response: no socket, no clock, no environment, no AWS.
//!
//! The path of a request stands in this file from top to bottom; the modules stand in the same order. What the engine
//! cannot do itself it asks of a [`World`].

mod badge;
mod cache;
mod coalesce;
mod dependency;
mod door;
mod draw;
mod drive;
mod error;
mod exchange;
mod flight;
mod front;
mod health;
mod ingest;
mod limits;
mod meter;
mod open;
mod origin;
mod places;
pub mod plugins;
mod records;
mod redirect;
mod request;
mod response;
mod route;
mod value;
pub mod signature;
mod static_badge;
pub mod store;
mod upstream;
pub mod world;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{BadgeRoute, Call, RedirectRoute, ReportRoute};
use http::{HeaderValue, Method, header};

use crate::{
    cache::{Bounded, Finished},
    dependency::Dependency,
    door::Door,
    draw::{Drawers, Pictures, draw_error, error_at_once, refuse, static_badge},
    drive::Broken,
    error::Error,
    flight::{Flights, WantedFlights},
    front::Front,
    open::Open,
    request::{Pairs, TooDeep, decode, decode_fully, segments},
    response::{Format, preflight},
    route::{Found, Parameters, Router, Segment, Template},
};
pub use crate::{
    door::readable,
    error::Source,
    health::{BreakerHealth, CacheHealth, Health, PluginHealth, RateLimit},
    origin::Origin,
    places::{Busy, Places, Share, Taken},
    plugins::{Allowed, Config, Plugin, Settings},
    request::{LARGEST_BODY, LARGEST_HEADERS, LONGEST_PATH, Request},
    response::{CORRELATION_ID, Line, Response},
    signature::is_same,
    world::World,
};

/// How long a caller waits at the most: image proxies give up after four seconds.
const CALLER_PATIENCE: Duration = Duration::from_millis(3500);
/// How long a static badge may be kept, in seconds.
const STATIC_FRESH: u32 = 86_400;
/// How long an error may be kept, in seconds.
const ERROR_FRESH: u32 = 10;
/// How long it may be kept that an upstream knows no such thing, in seconds.
const MISSING_FRESH: u32 = 60;
/// The methods of an address that shows something.
const METHODS: &str = "GET, HEAD, OPTIONS";
/// The methods of an address that takes reports.
const REPORT_METHODS: &str = "POST, OPTIONS";
/// The first segments of addresses that are the engine's own.
const OWN: [&str; 6] = ["badge", "endpoint", "health", "metrics", "openapi.json", "static"];

/// The engine: plugins, what is kept, and the world behind it.
#[derive(Debug)]
pub struct Engine {
    inner: Arc<Inner>,
    router: Router<Target>,
    front: Front,
}

/// What outlives a request: work under way holds on to it.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) plugins: Vec<Arc<Plugin>>,
    pub(crate) world: World,
    /// The way to what plugins were granted.
    pub(crate) upstreams: Door,
    /// The way to what callers name.
    pub(crate) web: Door,
    finished: Bounded<Finished>,
    pictures: Pictures,
    drawers: Drawers,
    badges: Flights<Result<Arc<Finished>, Broken>>,
    /// Whether signatures over the body alone are accepted.
    accepts_body_only: bool,
    opens_endpoints: bool,
    opens_dynamic: bool,
    /// Who reads documents that callers named.
    pub(crate) readers: Places,
    /// Badges of such documents that somebody waits for.
    opened: WantedFlights<Result<Arc<Finished>, Broken>>,
    /// How the store is, as it said lately.
    pub(crate) store: Dependency,
    /// How the owners' secrets are, as they said lately.
    pub(crate) secrets: Dependency,
}

/// What a provider's route leads to: indices into its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Badge { plugin: usize, badge: usize },
    Report { plugin: usize, report: usize },
    Redirect { plugin: usize, redirect: usize },
    Refusal { plugin: usize, refusal: usize },
}

/// Where an address leads.
enum Place<'a> {
    Front,
    OpenApi,
    Health,
    Static(String),
    StaticQuery,
    Open(Open),
    Badge {
        plugin: &'a Arc<Plugin>,
        route: &'a BadgeRoute,
        parameters: Parameters,
    },
    /// `ambiguous` names a parameter that the signed path could say in another way.
    Report {
        plugin: &'a Arc<Plugin>,
        route: &'a ReportRoute,
        parameters: Parameters,
        ambiguous: Option<String>,
    },
    Redirect {
        plugin: &'a Arc<Plugin>,
        route: &'a RedirectRoute,
        parameters: Parameters,
    },
    Refused {
        plugin: &'a Plugin,
        refusal: &'a badgesmith_provider::RefusedRoute,
    },
    NoProvider,
    /// A path that is encoded too often.
    TooDeep(&'a Plugin),
    Nowhere,
}

impl Engine {
    /// An engine over these plugins.
    ///
    /// # Errors
    /// One sentence for the first route that another plugin, or the engine itself, has already.
    pub fn new(plugins: Vec<Plugin>, settings: &Settings, world: World) -> Result<Self, String> {
        let mut router = Router::new();
        for (index, plugin) in plugins.iter().enumerate() {
            let manifest = &plugin.manifest;
            let badges = manifest.badges.iter().map(|route| &route.route).enumerate();
            let reports = manifest.reports.iter().map(|route| &route.route).enumerate();
            let redirects = manifest.redirects.iter().map(|route| &route.route).enumerate();
            let refusals = manifest.refusals.iter().map(|route| &route.route).enumerate();
            let targets = badges
                .map(|(badge, route)| (route, Target::Badge { plugin: index, badge }))
                .chain(reports.map(|(report, route)| (route, Target::Report { plugin: index, report })))
                .chain(redirects.map(|(redirect, route)| (route, Target::Redirect { plugin: index, redirect })))
                .chain(refusals.map(|(refusal, route)| (route, Target::Refusal { plugin: index, refusal })));
            for (route, target) in targets {
                let refused = |fault: String| format!("plugin {:?}: {fault}", plugin.id);
                let template = Template::parse(route).map_err(refused)?;
                if template.first_literal().is_none_or(|first| OWN.contains(&first)) {
                    return Err(refused(format!("the route {template} is kept for the engine; give it another mount")));
                }
                let name = template.to_string();
                if let Err((other, taken)) = router.add(template, target) {
                    let other_id = &plugins[taken.plugin()].id;
                    return Err(refused(format!(
                        "the route {name} fits the same addresses as {other} of plugin {other_id:?}; give one a mount"
                    )));
                }
            }
        }
        // An eighth is the embedded store's.
        let bytes = settings.cache_bytes();
        let inner = Inner {
            plugins: plugins.into_iter().map(Arc::new).collect(),
            upstreams: Door::to_upstreams(Arc::clone(&world.upstream), bytes / 8 * 3),
            web: Door::to_web(Arc::clone(&world.web), bytes / 4),
            world,
            finished: Bounded::new(bytes / 8),
            pictures: Bounded::new(bytes / 8),
            drawers: Drawers::default(),
            badges: Flights::new(),
            accepts_body_only: settings.accept_body_only_signatures,
            opens_endpoints: settings.endpoint,
            opens_dynamic: settings.dynamic,
            readers: open::document::readers(),
            opened: WantedFlights::new(),
            store: Dependency::new("store"),
            secrets: Dependency::new("secrets"),
        };
        Ok(Self { inner: Arc::new(inner), router, front: Front::default() })
    }

    /// The plugins, in the order of plugins.toml.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.inner.plugins
    }

    /// How everything is that the engine rests on, as `/health?deep=1` shows it.
    pub fn health(&self, now: SystemTime) -> Health {
        Health::read(&self.inner, now)
    }

    /// The plugin that makes the badge a request asks for, and what it is called with before any answer; `None` where
    /// the request asks for something else.
    pub fn call(&self, request: &Request, now: SystemTime) -> Option<(&Arc<Plugin>, Call<'static>)> {
        let pairs = request.pairs();
        let Ok((Place::Badge { plugin, route, parameters }, _)) = self.place(request, &pairs) else { return None };
        Some((plugin, drive::call(plugin, &badge::question(route, parameters, &pairs), now)))
    }

    /// Answers a request; `now` is the time it is answered at.
    pub async fn respond(&self, request: &Request, now: SystemTime) -> Response {
        let pairs = request.pairs();
        let (place, format) = match self.place(request, &pairs) {
            Ok(found) => found,
            Err(error) => return refuse(&error, request),
        };
        let name = place.name();
        let mut response = self.show(place, format, request, &pairs, now).await;
        (response.line.route, response.line.plugin) = name;
        response
    }

    /// What is at a place.
    async fn show(
        &self,
        place: Place<'_>,
        format: Format,
        request: &Request,
        pairs: &Pairs<'_>,
        now: SystemTime,
    ) -> Response {
        let methods = if matches!(place, Place::Report { .. }) { REPORT_METHODS } else { METHODS };
        match request.method {
            // A mistake in the address is said whatever the method.
            Method::POST if matches!(place, Place::Refused { .. } | Place::TooDeep(_)) => {}
            Method::OPTIONS => return preflight(request, methods),
            Method::GET | Method::HEAD if methods == METHODS => {}
            Method::POST if methods == REPORT_METHODS => {}
            _ if matches!(place, Place::Nowhere) => return refuse(&Error::no_route(), request),
            _ => {
                let mut response = refuse(&Error::method_not_allowed(), request);
                response.headers.insert(header::ALLOW, HeaderValue::from_static(methods));
                return response;
            }
        }
        match place {
            Place::Front => self.front.answer(&self.inner, request, pairs),
            Place::OpenApi => self.front.openapi(&self.inner, request),
            Place::Health => health::answer(&self.inner, pairs, now).await.respond(request),
            Place::Open(open) => open::answer(&self.inner, request, pairs, format, open, now).await,
            Place::Static(content) => {
                let color = pairs.get("color").or_else(|| pairs.get("colorB")).map(str::to_owned);
                match static_badge::parse(&content) {
                    Some((label, message, painted)) => {
                        let color = color.or(Some(painted));
                        static_badge(&self.inner, request, pairs, format, label, message, color).await
                    }
                    None => draw_error(&self.inner, &Error::no_route(), request, pairs, format, "404").await,
                }
            }
            Place::StaticQuery => match pairs.get("message") {
                Some(message) => {
                    let message = message.to_owned();
                    static_badge(&self.inner, request, pairs, format, String::new(), message, None).await
                }
                None => draw_error(&self.inner, &Error::message_missing(), request, pairs, format, "").await,
            },
            Place::Badge { plugin, route, parameters } => {
                let asked = (plugin, route);
                badge::answer(&self.inner, request, pairs, format, asked, parameters, now).await
            }
            Place::Report { plugin, route, parameters, ambiguous } => {
                ingest::answer(&self.inner, request, (plugin, route), parameters, ambiguous, now).await
            }
            Place::Redirect { plugin, route, parameters } => {
                redirect::answer(&self.inner, request, (plugin, route), parameters, now).await
            }
            Place::Refused { plugin, refusal } => {
                let label = plugin.manifest.badges.first().map_or("", |badge| &badge.label);
                draw_error(&self.inner, &Error::refused(refusal), request, pairs, format, label).await
            }
            Place::TooDeep(plugin) => {
                let label = plugin.manifest.badges.first().map_or("", |badge| &badge.label);
                draw_error(&self.inner, &Error::too_deep(), request, pairs, format, label).await
            }
            Place::NoProvider => {
                draw_error(&self.inner, &Error::unknown_provider(), request, pairs, format, "badge").await
            }
            Place::Nowhere => draw_error(&self.inner, &Error::no_route(), request, pairs, format, "404").await,
        }
    }

    /// A response for whoever cannot wait any longer, in the form that was asked for.
    pub fn respond_late(&self, request: &Request) -> Response {
        let pairs = request.pairs();
        let late = Error::from(&badge::late());
        let (place, format) = match self.place(request, &pairs) {
            Ok(found) => found,
            Err(error) => return refuse(&error, request),
        };
        let at_once = |error: &Error, label: &str| error_at_once(error, request, &pairs, format, label);
        let mut response = match &place {
            Place::Badge { route, .. } => at_once(&late, &route.label),
            Place::Open(open) => at_once(&Error::from(&open::late()), &open.defaults().label),
            // What asks nobody is late where too much is drawn.
            Place::Static(_) | Place::StaticQuery => at_once(&Error::too_busy(), ""),
            Place::Refused { .. } | Place::TooDeep(_) | Place::NoProvider | Place::Nowhere => {
                at_once(&Error::too_busy(), "badge")
            }
            _ => refuse(&late, request),
        };
        (response.line.route, response.line.plugin) = place.name();
        response
    }

    /// Where the address leads and in which form the answer goes out.
    fn place(&self, request: &Request, pairs: &Pairs) -> Result<(Place<'_>, Format), Error> {
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
        let named = match pairs.get("format") {
            Some(text) => Some(Format::parse(text).ok_or_else(|| Error::invalid_override("format"))?),
            None => None,
        };
        let whole: Vec<&str> = request.segments().collect();
        let mut segments = whole.clone();
        let is_own = is_own(&whole);
        let mut ending = None;
        if named.is_none()
            && let Some(last) = segments.last_mut()
            && let Some((format, stem)) = cut_ending(last, is_own)
        {
            *last = stem;
            ending = Some(format);
        }
        let first = segments.first().map(|first| decode(first).to_ascii_lowercase()).unwrap_or_default();
        let place = match (&*first, &segments[..]) {
            ("", []) => Place::Front,
            ("health", [_]) => Place::Health,
            ("openapi.json", [_]) => Place::OpenApi,
            ("badge" | "endpoint", _) if let Some(open) = Open::parse(&segments) => Place::Open(open),
            ("badge", [_, content @ ..]) if !content.is_empty() => {
                Place::Static(decode(&content.join("/")).into_owned())
            }
            // As shields' badges were called at first: /:label-message-color.
            (first, _) if first.starts_with(':') => Place::Static(decode(&segments.join("/"))[1..].to_owned()),
            ("static", [_, version]) if decode(version).eq_ignore_ascii_case("v1") => Place::StaticQuery,
            _ => match self.target(&segments, &whole) {
                Some(found) => self.found(found, request),
                None if first == "badges"
                    && segments.get(1).is_some_and(|second| decode(second).eq_ignore_ascii_case("packages")) =>
                {
                    Place::NoProvider
                }
                None => Place::Nowhere,
            },
        };
        let default = match &place {
            Place::Badge { route, .. } => route.format.as_deref().and_then(Format::parse).unwrap_or(Format::Json),
            _ if is_own => Format::Svg,
            _ => Format::Json,
        };
        Ok((place, named.or(ending).unwrap_or(default)))
    }

    /// The route that fits `segments`, or `whole` where it is none of a picture: a branch may be called `logo.svg`.
    fn target(&self, segments: &[&str], whole: &[&str]) -> Option<Found<'_, Target>> {
        let found = self.router.find(segments)?;
        match found.target {
            Target::Badge { .. } | Target::Refusal { .. } => Some(found),
            Target::Report { .. } | Target::Redirect { .. } => self.router.find(whole),
        }
    }

    /// What a provider's route leads to.
    fn found(&self, found: Found<'_, Target>, request: &Request) -> Place<'_> {
        let plugin = &self.inner.plugins[found.target.plugin()];
        let parameters = match (found.target, found.parameters) {
            (Target::Refusal { refusal, .. }, _) => {
                return Place::Refused { plugin, refusal: &plugin.manifest.refusals[*refusal] };
            }
            (_, Err(TooDeep)) => return Place::TooDeep(plugin),
            (_, Ok(parameters)) => parameters,
        };
        match *found.target {
            Target::Badge { badge, .. } => Place::Badge { plugin, route: &plugin.manifest.badges[badge], parameters },
            Target::Redirect { redirect, .. } => {
                Place::Redirect { plugin, route: &plugin.manifest.redirects[redirect], parameters }
            }
            Target::Refusal { refusal, .. } => Place::Refused { plugin, refusal: &plugin.manifest.refusals[refusal] },
            Target::Report { report, .. } => {
                let ambiguous = self.ambiguous(request, found.template, *found.target, &parameters);
                Place::Report { plugin, route: &plugin.manifest.reports[report], parameters, ambiguous }
            }
        }
    }

    /// The parameter of a report's path that is not what the signed path says in its place, if there is one.
    ///
    /// What is signed is the path decoded until nothing is left to decode. Read as a path itself, it must lead to the
    /// same route with the same parameters: then two paths with the same signature have the same subject.
    fn ambiguous(
        &self,
        request: &Request,
        template: &Template,
        target: Target,
        parameters: &Parameters,
    ) -> Option<String> {
        // Its literals and parameters were decoded, so the whole path can be.
        let signed = decode_fully(&request.path).unwrap_or_default();
        let segments: Vec<&str> = segments(&signed).collect();
        let again = self.router.find(&segments).filter(|again| *again.target == target);
        let again = again.and_then(|again| again.parameters.ok()).unwrap_or_default();
        let mut names = template.segments().iter().filter_map(Segment::name);
        names.find(|name| again.get(*name) != parameters.get(*name)).map(str::to_owned)
    }
}

impl Place<'_> {
    /// The route's template and the plugin that answers there; empty where there is none.
    fn name(&self) -> (Cow<'static, str>, String) {
        let own = |route: &'static str| (Cow::Borrowed(route), String::new());
        let of = |route: &str, plugin: &Plugin| (Cow::Owned(route.to_owned()), plugin.id.clone());
        match self {
            Self::Front => own("/"),
            Self::OpenApi => own("/openapi.json"),
            Self::Health => own("/health"),
            Self::Static(_) => own("/badge/{label}-{message}-{color}"),
            Self::StaticQuery => own("/static/v1"),
            Self::Open(open) => own(open.route()),
            Self::Badge { plugin, route, .. } => of(&route.route, plugin),
            Self::Report { plugin, route, .. } => of(&route.route, plugin),
            Self::Redirect { plugin, route, .. } => of(&route.route, plugin),
            Self::Refused { plugin, refusal } => of(&refusal.route, plugin),
            Self::TooDeep(plugin) => of("", plugin),
            Self::NoProvider | Self::Nowhere => own(""),
        }
    }
}

impl Target {
    const fn plugin(self) -> usize {
        match self {
            Self::Badge { plugin, .. }
            | Self::Report { plugin, .. }
            | Self::Redirect { plugin, .. }
            | Self::Refusal { plugin, .. } => plugin,
        }
    }
}

/// A response for what the door itself refuses: a body that is too large to be read.
pub fn refuse_body(request: &Request) -> Response {
    refuse(&Error::too_large(413, "body"), request)
}

/// A response for whoever came around what stands in front of a deployment.
pub fn refuse_detour(request: &Request) -> Response {
    refuse(&Error::detour(), request)
}

/// A response for a fault of our own, which the log has to tell.
pub fn refuse_broken(request: &Request) -> Response {
    refuse(&Error::broken(), request)
}

/// Whether an address is a badge of the engine's own: a picture unless it names another format.
fn is_own(segments: &[&str]) -> bool {
    let first = segments.first().map(|first| decode(first).to_ascii_lowercase()).unwrap_or_default();
    let is_endpoint = segments.len() == 1 && first.split('.').next() == Some("endpoint");
    matches!(&*first, "badge" | "static") || first.starts_with(':') || is_endpoint
}

/// The format an ending names, and what stands before it. `.json` is an ending on static badges only, because packages
/// are called `Newtonsoft.Json`.
fn cut_ending(segment: &str, is_static: bool) -> Option<(Format, &str)> {
    let endings = [("svg", Format::Svg), ("png", Format::Png), ("json", Format::Json)];
    endings.into_iter().filter(|(_, format)| is_static || *format != Format::Json).find_map(|(name, format)| {
        let stem = segment.strip_suffix(name)?;
        // A gateway may have encoded the dot, or not.
        let stem = [".", "%2e", "%2E"].into_iter().find_map(|dot| stem.strip_suffix(dot))?;
        Some((format, stem))
    })
}
