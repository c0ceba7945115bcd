//! The badge of a subject, as shown at its address without a query.

use std::{sync::Arc, time::SystemTime};

use badgesmith_provider::BadgeRoute;
use badgesmith_renderer::Color;

use super::event::{BadgeWords, EventSubject};
use crate::{
    badge_content::BadgeContent,
    call::provider_call::ProviderCall,
    code::Code,
    draw::overrides::Overrides,
    live::point::has_ending,
    parts::Parts,
    plugins::{Plugin, series_of},
    request::Pairs,
    route::{Parameters, RouteSegment, RouteTemplate},
    series::{SeriesRecord, Verdict},
    store::{Span, Subject, Unavailable},
    target::BadgeTarget,
};

/// The current badge of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SubjectBadge {
    /// No badge shows this collection.
    None,
    /// The badge cannot be made now, or is an error badge.
    Unknown,
    /// The badge.
    Words(BadgeWords),
}

/// The badge of a subject. Its provider reads records as for any caller.
///
/// # Errors
/// [`Unavailable`] if the provider's query to the store failed: then this has to be called again.
pub(crate) async fn subject_badge(
    parts: &Parts,
    subject: &EventSubject,
    now: SystemTime,
) -> Result<SubjectBadge, Unavailable> {
    let Some((plugin, route, params)) = find(parts.plugins.all(), subject) else { return Ok(SubjectBadge::None) };
    let call = ProviderCall::badge(plugin, route, params, &Pairs::default());
    let Ok(outcome) = parts.caller.run_in_time::<BadgeContent>(&call, now).await else {
        return Ok(SubjectBadge::Unknown);
    };
    let content = match &outcome.result {
        Ok(content) => content,
        Err(failure) if failure.code == Code::StoreUnavailable.name() => {
            return Err(Unavailable("the records of a badge cannot be read".to_owned()));
        }
        Err(_) => return Ok(SubjectBadge::Unknown),
    };
    let target = BadgeTarget { plugin, route, call };
    let resolved = Overrides::default().resolve(&target.defaults(), content.badge.clone(), false);
    let is_failing = match has_failed(parts, plugin, subject, now).await? {
        Some(has_failed) => has_failed,
        None => is_red(&resolved.color),
    };
    let (message, color, label) = (resolved.message, resolved.color.name().to_owned(), resolved.label);
    let words = BadgeWords { label, message, color, is_failing };
    Ok(SubjectBadge::Words(words))
}

/// Whether the newest run of a subject failed; `None` if records of its collection neither fail nor pass. A badge of
/// tests is yellow while a few fail.
async fn has_failed(
    parts: &Parts,
    plugin: &Plugin,
    subject: &EventSubject,
    now: SystemTime,
) -> Result<Option<bool>, Unavailable> {
    let Some(series) = series_of(plugin, &subject.collection).filter(|series| has_ending(series)) else {
        return Ok(None);
    };
    let EventSubject { collection, owner, repo, part, branch } = subject;
    let Ok(stored) = Subject::new(owner, repo, part, branch) else { return Ok(None) };
    let newest = parts.world.store.history(collection, &stored, Span::LATEST, now).await?;
    Ok(newest.first().map(|record| SeriesRecord { series, record }.verdict() == Verdict::Bad))
}

/// Whether a colour is red, by any of its names or hex digits. The digits may be those of the present red or of the
/// classic one.
fn is_red(color: &Color) -> bool {
    [Color::RED, Color::RED.classic()].iter().any(|red| red.rgb() == color.rgb())
}

/// The badge whose address names a subject of this collection, and nothing else.
fn find<'a>(
    plugins: &'a [Arc<Plugin>],
    subject: &EventSubject,
) -> Option<(&'a Arc<Plugin>, &'a BadgeRoute, Parameters)> {
    let granted = plugins.iter().filter(|plugin| plugin.collections.contains(&subject.collection));
    let routes = granted.flat_map(|plugin| plugin.manifest.badges.iter().map(move |route| (plugin, route)));
    routes
        .filter(|(plugin, route)| !plugin.has_reads() || route.reads.contains(&subject.collection))
        .find_map(|(plugin, route)| Some((plugin, route, parameters(route, subject)?)))
}

/// The parameters of a route for a subject: the owner, the repository, the part under any name, and the branch at its
/// end.
fn parameters(route: &BadgeRoute, subject: &EventSubject) -> Option<Parameters> {
    let template = RouteTemplate::parse(&route.route).ok()?;
    let mut parameters = Parameters::new();
    for segment in template.segments() {
        let (name, value) = match segment {
            RouteSegment::Literal(_) => continue,
            RouteSegment::Scoped(_) => return None,
            RouteSegment::Rest(name) => (name, (name == "branch").then_some(&subject.branch)?),
            RouteSegment::Parameter(name) => match &**name {
                "owner" => (name, &subject.owner),
                "repo" => (name, &subject.repo),
                "branch" => return None,
                _ => (name, &subject.part),
            },
        };
        parameters.insert(name.clone(), value.clone());
    }
    let is_whole =
        parameters.len() == 4 && ["owner", "repo", "branch"].iter().all(|name| parameters.contains_key(*name));
    is_whole.then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_is_red_by_every_name_and_notation_and_no_other_colour_is() {
        for (color, expected) in [
            ("red", true),
            ("critical", true),
            ("#dd4343", true),
            ("DD4343", true),
            ("rgb(221, 67, 67)", true),
            ("#e05d44", true),
            ("orange", false),
            ("important", false),
            ("brightgreen", false),
            ("#000", false),
        ] {
            assert_eq!(is_red(&Color::parse(color).unwrap()), expected, "{color}");
        }
    }
}
