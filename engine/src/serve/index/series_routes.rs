//! The addresses of a plugin's series and charts, as the page, the list and the OpenAPI document show them.

use crate::plugins::{
    Plugin,
    series::addressed,
    series_address::{chart_route, history_route, names, shown_name},
    series_of,
};

/// The subject in the examples of a series whose manifest names none.
const SUBJECT: &str = "linux/acme/tools/main";

/// An address of a chart or of a history.
pub(super) struct SeriesRoute {
    /// The name of its operation.
    pub(super) name: String,
    pub(super) route: String,
    pub(super) example: String,
    pub(super) summary: String,
}

/// The charts of a plugin: those of its manifest, and those of its series.
pub(super) fn charts(plugin: &Plugin) -> impl Iterator<Item = SeriesRoute> {
    let own = plugin.manifest.charts.iter().filter(|chart| series_of(plugin, &chart.collection).is_some());
    let own = own.map(|chart| SeriesRoute {
        name: chart.label.clone(),
        route: chart.route.clone(),
        example: chart.example.clone(),
        summary: chart.summary.clone(),
    });
    own.chain(of_series(plugin, chart_route, "A chart of"))
}

/// The histories of a plugin's series.
pub(super) fn histories(plugin: &Plugin) -> impl Iterator<Item = SeriesRoute> {
    of_series(plugin, history_route, "The history of")
}

fn of_series<'p>(
    plugin: &'p Plugin,
    route: fn(&str) -> String,
    what: &'static str,
) -> impl Iterator<Item = SeriesRoute> + use<'p> {
    addressed(plugin).flat_map(move |(_, series)| {
        names(series).map(move |name| {
            let route = route(name);
            let start = route.split('{').next().unwrap_or_default();
            let subject = series.example.as_deref().unwrap_or(SUBJECT);
            let unit = if series.unit.is_empty() { shown_name(series) } else { &series.unit };
            SeriesRoute {
                name: name.to_owned(),
                example: format!("{start}{subject}"),
                summary: format!("{what} the {unit} of one part and one branch of a repository."),
                route,
            }
        })
    })
}
