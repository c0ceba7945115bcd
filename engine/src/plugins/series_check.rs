//! The checks of the series and the charts of a manifest.

use std::{error::Error, fmt};

use badgesmith_provider::Manifest;

use super::{
    id::is_id,
    series_address::{CHARTS, names, shown_name},
};
use crate::route::{RouteSyntaxError, RouteTemplate};

/// Why the series or the charts of a manifest cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesError {
    /// A series is of a collection that the manifest does not list.
    Collection(String),
    /// The name of a series cannot be a part of an address.
    Name(String),
    /// Two series have the same name.
    Twice(String),
    /// The route of a chart cannot be read.
    Route(RouteSyntaxError),
    /// The route of a chart is not below `/charts/`, names no repository, or does not fit its example.
    ChartRoute(String),
    /// A chart is of a collection without a series.
    ChartCollection(String),
}

/// Checks the series and the charts of a manifest whose routes are absolute.
///
/// # Errors
/// The first mistake.
pub(super) fn check(manifest: &Manifest) -> Result<(), SeriesError> {
    for series in &manifest.series {
        if !manifest.collections.contains(&series.collection) {
            return Err(SeriesError::Collection(series.collection.clone()));
        }
        if let Some(name) = names(series).find(|name| !is_id(name)) {
            return Err(SeriesError::Name(name.to_owned()));
        }
        if manifest.series.iter().filter(|other| names(other).any(|name| names(series).any(|own| own == name))).count()
            > 1
        {
            return Err(SeriesError::Twice(shown_name(series).to_owned()));
        }
    }
    for chart in &manifest.charts {
        let template = RouteTemplate::parse(&chart.route)?;
        let names_repository = ["owner", "repo"].iter().all(|name| template.has(name));
        if !chart.route.starts_with(CHARTS) || !names_repository || template.fit_address(&chart.example).is_none() {
            return Err(SeriesError::ChartRoute(chart.route.clone()));
        }
        if !manifest.series.iter().any(|series| series.collection == chart.collection) {
            return Err(SeriesError::ChartCollection(chart.collection.clone()));
        }
    }
    Ok(())
}

impl From<RouteSyntaxError> for SeriesError {
    fn from(fault: RouteSyntaxError) -> Self {
        Self::Route(fault)
    }
}

impl fmt::Display for SeriesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection(collection) => {
                write!(f, "in its manifest collections lacks {collection:?}, which has a series")
            }
            Self::Name(name) => {
                write!(f, "in its manifest the series {name:?} is not lower-case letters, digits and -")
            }
            Self::Twice(name) => write!(f, "in its manifest two series are called {name:?}"),
            Self::Route(fault) => fault.fmt(f),
            Self::ChartRoute(route) => write!(
                f,
                "in its manifest the chart's route {route} does not begin with /charts/, has no {{owner}} and \
                 {{repo}}, or does not fit its example"
            ),
            Self::ChartCollection(collection) => {
                write!(f, "in its manifest no series is of {collection:?}, which a chart is drawn of")
            }
        }
    }
}

impl Error for SeriesError {}
