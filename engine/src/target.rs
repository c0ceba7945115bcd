//! The target of an address, and its properties: the allowed methods, the defaults of its badge, its line in the access
//! log.

use std::{borrow::Cow, sync::Arc};

use badgesmith_provider::{BadgeRoute, ChartRoute, HookRoute, RedirectRoute, ReportRoute, Series};
use http::Method;

use crate::{
    addresses::{OwnAddress, Serves},
    call::provider_call::ProviderCall,
    error::Error,
    format::Format,
    plugins::{Plugin, series_address::shown_name},
    request::{TooDeep, decode},
    response::AccessLine,
    route::{Parameters, RouteTemplate},
};

/// The allowed methods of a read-only address.
const METHODS: &str = "GET, HEAD, OPTIONS";
/// The allowed methods of an address that takes reports or deliveries.
const REPORT_METHODS: &str = "POST, OPTIONS";

/// The target of an address.
pub(crate) enum Target<'a> {
    Own(OwnTarget),
    Badge(BadgeTarget<'a>),
    Report(ReportTarget<'a>),
    Redirect(RedirectTarget<'a>),
    Hook(HookTarget<'a>),
    Chart(SeriesTarget<'a>),
    History(SeriesTarget<'a>),
    Refused(RefusedTarget<'a>),
}

/// An address of the engine's own.
pub(crate) struct OwnTarget {
    pub(crate) address: &'static OwnAddress,
    /// The value of the path's parameter, percent-decoded once; empty if it has none.
    pub(crate) content: String,
    /// The values of the path's other parameters, each decoded until nothing is left to decode.
    pub(crate) parameters: Parameters,
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

/// A provider's webhook.
pub(crate) struct HookTarget<'a> {
    pub(crate) plugin: &'a Arc<Plugin>,
    pub(crate) route: &'a HookRoute,
    /// The owner in the address, as it is written there; `None` if its route has none.
    pub(crate) owner: Option<String>,
}

/// The chart or the history of a series.
pub(crate) struct SeriesTarget<'a> {
    pub(crate) plugin: &'a Arc<Plugin>,
    pub(crate) series: &'a Series,
    /// The manifest's own chart, if it is one.
    pub(crate) chart: Option<&'a ChartRoute>,
    pub(crate) route: &'a RouteTemplate,
    pub(crate) params: Parameters,
}

/// An address or a request that is refused.
pub(crate) struct RefusedTarget<'a> {
    pub(crate) error: Error,
    pub(crate) route: &'a str,
    pub(crate) plugin: Option<&'a Plugin>,
    pub(crate) refuses: Refuses,
    /// The format if the address names none and the route has one.
    pub(crate) default: Option<Format>,
}

/// The part of a request that is refused, and for which methods; for any other method the answer is 405.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refuses {
    /// The whole request, for every method.
    Request,
    /// The address, for every method but OPTIONS.
    Address,
    /// An address that a manifest refuses, for GET, HEAD and POST.
    Mistake,
    /// The address, for GET and HEAD.
    Badge,
}

impl RefusedTarget<'_> {
    /// Whether the whole request is refused, regardless of its address.
    pub(crate) fn refuses_request(&self) -> bool {
        self.refuses == Refuses::Request
    }
}

impl<'a> BadgeTarget<'a> {
    /// The defaults of its badge, its label filled in.
    pub(crate) fn defaults(&self) -> Cow<'a, BadgeRoute> {
        let Self { plugin, route, call } = self;
        match plugin.label(&route.label, &call.params, &call.query) {
            Cow::Borrowed(label) if label == route.label => Cow::Borrowed(route),
            label => {
                let label = label.into_owned();
                Cow::Owned(BadgeRoute { label, ..(*route).clone() })
            }
        }
    }
}

impl OwnTarget {
    /// The defaults of its badge.
    pub(crate) fn defaults(&self) -> BadgeRoute {
        BadgeRoute { label: self.address.label().to_owned(), ..BadgeRoute::default() }
    }
}

impl<'a> Target<'a> {
    pub(crate) fn own(address: &'static OwnAddress, segments: &[&str]) -> Self {
        if address.serves == Serves::StaticPath {
            // A static badge is decoded once, because a percent sign may be a part of its text.
            let content = decode(&segments[1..].join("/")).into_owned();
            return Self::Own(OwnTarget { address, content, parameters: Parameters::new() });
        }
        match address.parameters(segments) {
            Ok(parameters) => Self::Own(OwnTarget { address, content: String::new(), parameters }),
            Err(TooDeep) => Self::refused(Error::too_deep(), Refuses::Mistake),
        }
    }

    pub(crate) const fn refused(error: Error, refuses: Refuses) -> Self {
        Self::Refused(RefusedTarget { error, route: "", plugin: None, refuses, default: None })
    }

    /// The value of `Allow`.
    pub(crate) const fn methods(&self) -> &'static str {
        if matches!(self, Self::Report(_) | Self::Hook(_)) { REPORT_METHODS } else { METHODS }
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
            Self::Report(_) | Self::Hook(_) => *method == Method::POST,
            Self::Refused(RefusedTarget { refuses: Refuses::Request | Refuses::Address, .. }) => true,
            Self::Refused(RefusedTarget { refuses: Refuses::Mistake, .. }) => is_shown || *method == Method::POST,
            _ => is_shown,
        };
        if is_taken { Ok(()) } else { Err(Error::method_not_allowed(self.methods())) }
    }

    /// Whether a target answers, and reports its errors, as a picture if the request asks for one.
    pub(crate) const fn shows_pictures(&self) -> bool {
        match self {
            Self::Own(OwnTarget { address, .. }) => address.is_badge(),
            Self::Badge(_) | Self::Chart(_) | Self::Refused(_) => true,
            Self::Report(_) | Self::Redirect(_) | Self::Hook(_) | Self::History(_) => false,
        }
    }

    /// The defaults of its badge.
    pub(crate) fn defaults(&self) -> Cow<'a, BadgeRoute> {
        let labelled = |label: &str| Cow::Owned(BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() });
        match self {
            Self::Badge(target) => target.defaults(),
            Self::Own(target) => Cow::Owned(target.defaults()),
            Self::Refused(RefusedTarget { plugin: Some(plugin), .. }) => {
                let (label, none) =
                    (plugin.manifest.badges.first().map_or("", |badge| &badge.label), Parameters::new());
                labelled(&plugin.label(label, &none, &none))
            }
            Self::Chart(SeriesTarget { series, chart, .. }) => {
                labelled(chart.map_or_else(|| shown_name(series), |chart| &chart.label))
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
            Self::Hook(HookTarget { plugin, route, .. }) => of(&route.route, plugin),
            Self::Chart(SeriesTarget { plugin, route, .. }) | Self::History(SeriesTarget { plugin, route, .. }) => {
                of(&route.to_string(), plugin)
            }
            Self::Refused(RefusedTarget { plugin: Some(plugin), route, .. }) => of(route, plugin),
            Self::Refused(_) => own(""),
        }
    }
}
