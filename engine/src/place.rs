//! Routing: a path matches an address of the engine's own, a route of a provider, or nothing. The format of the
//! response is decided here, too.

use std::time::SystemTime;

use crate::{
    addresses::{self, Switch},
    asked_form::AskedForm,
    call::provider_call::ProviderCall,
    error::Error,
    format::Format,
    parts::Parts,
    plugin_set::RoutedPlugins,
    plugins::{PluginNotLoaded, series_of},
    provider_routes::Index,
    request::{Incoming, LARGEST_HEADERS, LONGEST_PATH, Pairs, Request, TooDeep, decode, largest_body},
    route::Parameters,
    router::RouteMatch,
    target::{
        BadgeTarget, HookTarget, OwnTarget, RedirectTarget, RefusedTarget, Refuses, ReportTarget, SeriesTarget, Target,
    },
};

/// Parses a request and finds the target of its address. A picture's address is answered by a picture whatever is
/// wrong with the request.
pub(crate) fn place<'a, 'r>(parts: &'a Parts, request: &'r Request, now: SystemTime) -> (Target<'a>, Incoming<'r>) {
    let pairs = request.pairs();
    let form = AskedForm::read(request, &pairs);
    if let Err(error) = check_size(request, &pairs) {
        let (target, format) = (Target::refused(error, Refuses::Request), form.format());
        return (target, Incoming { request, pairs: Pairs::default(), format, now });
    }
    let target = find(parts, request, &pairs, &form);
    // A badge may have a parameter `format` of its own, such as the `long` of shields' SonarQube badges.
    let reads_format = matches!(&target, Target::Badge(badge) if badge.route.query.iter().any(|name| name == "format"));
    if form.is_invalid && !reads_format {
        let error = Error::not_among("format", pairs.get("format").unwrap_or_default(), &Format::NAMES);
        let (target, format) = (Target::refused(error, Refuses::Request), form.format());
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

fn find<'a>(parts: &'a Parts, request: &Request, pairs: &Pairs<'_>, form: &AskedForm<'_>) -> Target<'a> {
    let segments = &form.segments[..];
    let first = segments.first().map(|first| decode(first)).unwrap_or_default();
    if first.starts_with(':') {
        // The oldest address of static badges: /:label-message-color.
        let content = decode(&segments.join("/"))[1..].to_owned();
        return Target::Own(OwnTarget { address: addresses::STATIC_PATH, content, parameters: Parameters::new() });
    }
    // The other switches do not remove an address: its badges then say that they are switched off.
    let is_there = |switch| switch != Switch::Live || parts.is_on(switch);
    if let Some(address) = addresses::find(segments, is_there).filter(|own| own.is_badge() || !form.names_picture()) {
        return Target::own(address, segments);
    }
    let routed = match parts.plugins.routed(segments) {
        Ok(routed) => routed,
        Err(PluginNotLoaded) => return Target::refused(Error::engine_failed(), Refuses::Mistake),
    };
    if let Some(found) = routed.routes.find(segments, &form.whole) {
        return provider(routed, found, request, pairs);
    }
    if addresses::is_older_website(segments) {
        return Target::Own(OwnTarget {
            address: addresses::WEBSITE,
            content: decode(&segments.join("/")).into_owned(),
            parameters: Parameters::new(),
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

/// The target of a provider's route.
fn provider<'a>(
    routed: &'a RoutedPlugins,
    found: RouteMatch<'a, Index>,
    request: &Request,
    pairs: &Pairs<'_>,
) -> Target<'a> {
    let plugin = &routed.plugins[found.target.plugin()];
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
        (Index::Chart { .. } | Index::SeriesChart { .. }, Err(TooDeep)) => {
            refused(Error::too_deep(), "", Some(Format::Svg))
        }
        (_, Err(TooDeep)) => refused(Error::too_deep(), "", Some(Format::Json)),
        (Index::Badge { badge, .. }, Ok(parameters)) => {
            let route = &plugin.manifest.badges[badge];
            let call = ProviderCall::badge(plugin, route, parameters, pairs);
            Target::Badge(BadgeTarget { plugin, route, call })
        }
        (Index::Redirect { redirect, .. }, Ok(parameters)) => {
            let route = &plugin.manifest.redirects[redirect];
            Target::Redirect(RedirectTarget { plugin, route, call: ProviderCall::redirect(plugin, route, parameters) })
        }
        (Index::Hook { hook, .. }, Ok(mut parameters)) => {
            let route = &plugin.manifest.hooks[hook];
            Target::Hook(HookTarget { plugin, route, owner: parameters.remove("owner") })
        }
        (Index::Chart { chart, .. }, Ok(params)) => {
            let chart = &plugin.manifest.charts[chart];
            match series_of(plugin, &chart.collection) {
                Some(series) => {
                    let (chart, route) = (Some(chart), found.template);
                    Target::Chart(SeriesTarget { plugin, series, chart, route, params })
                }
                // This cannot happen: a chart without a series has no route.
                None => Target::refused(Error::no_route(), Refuses::Address),
            }
        }
        (Index::SeriesChart { series, .. }, Ok(params)) => {
            let (series, route) = (&plugin.manifest.series[series], found.template);
            Target::Chart(SeriesTarget { plugin, series, chart: None, route, params })
        }
        (Index::History { series, .. }, Ok(params)) => {
            let (series, route) = (&plugin.manifest.series[series], found.template);
            Target::History(SeriesTarget { plugin, series, chart: None, route, params })
        }
        (Index::Report { report, .. }, Ok(parameters)) => {
            let ambiguous = routed.routes.ambiguous(request, found.template, *found.target, &parameters);
            let route = &plugin.manifest.reports[report];
            let call = ProviderCall::report(plugin, route, parameters, request.body.clone());
            Target::Report(ReportTarget { plugin, route, call, ambiguous })
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
    if request.body.len() > largest_body(&request.path) {
        return Err(Error::too_large(413, "body"));
    }
    if pairs.are_too_many() {
        return Err(Error::too_many_pairs());
    }
    Ok(())
}
