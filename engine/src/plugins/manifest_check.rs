//! What must hold of a manifest before its routes are served.

use std::{error::Error, fmt};

use badgesmith_provider::Manifest;

use crate::{
    format::Format,
    route::{RouteSyntaxError, RouteTemplate},
};

/// The parameters that the route of a report must have: they name the subject of its record.
const SUBJECT: [&str; 4] = ["owner", "repo", "platform", "branch"];

/// Why a manifest cannot be served as a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginError {
    /// The plugin's id is not one.
    Id,
    /// The mount does not begin with a slash.
    Mount(String),
    /// A route cannot be read.
    Route(RouteSyntaxError),
    /// An example does not fit its own route.
    Example {
        /// The example.
        example: String,
        /// The route.
        route: String,
    },
    /// A badge has a default format that there is not.
    Format(String),
    /// The route of a report lacks a parameter.
    ReportParameter {
        /// The route.
        route: String,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A report goes to a collection that the manifest does not list.
    ReportCollection(String),
}

/// Makes the manifest's routes and examples absolute, below its mount.
///
/// # Errors
/// [`PluginError::Mount`].
pub(super) fn make_absolute(manifest: &mut Manifest) -> Result<(), PluginError> {
    let mount = manifest.mount.trim_end_matches('/').to_owned();
    if !mount.starts_with('/') {
        return Err(PluginError::Mount(mount));
    }
    let routes = (manifest.badges.iter_mut().flat_map(|badge| [&mut badge.route, &mut badge.example]))
        .chain(manifest.reports.iter_mut().flat_map(|report| [&mut report.route, &mut report.example]))
        .chain(manifest.redirects.iter_mut().flat_map(|redirect| [&mut redirect.route, &mut redirect.example]))
        .chain(manifest.refusals.iter_mut().map(|refusal| &mut refusal.route));
    for route in routes.filter(|route| !route.starts_with('/')) {
        *route = format!("{mount}/{route}");
    }
    manifest.mount = mount;
    Ok(())
}

/// Checks a manifest whose routes are absolute.
///
/// # Errors
/// The first mistake.
pub(super) fn check(manifest: &Manifest) -> Result<(), PluginError> {
    for badge in &manifest.badges {
        check_example(&badge.route, &badge.example)?;
        if let Some(format) = badge.format.as_ref().filter(|format| Format::parse(format).is_none()) {
            return Err(PluginError::Format(format.clone()));
        }
    }
    for report in &manifest.reports {
        let template = check_example(&report.route, &report.example)?;
        if let Some(parameter) = SUBJECT.into_iter().find(|name| !template.has(name)) {
            return Err(PluginError::ReportParameter { route: template.to_string(), parameter });
        }
        if !manifest.collections.contains(&report.collection) {
            return Err(PluginError::ReportCollection(report.collection.clone()));
        }
    }
    for redirect in &manifest.redirects {
        check_example(&redirect.route, &redirect.example)?;
    }
    for refusal in &manifest.refusals {
        RouteTemplate::parse(&refusal.route)?;
    }
    Ok(())
}

/// Reads a route, which its own example has to fit.
fn check_example(route: &str, example: &str) -> Result<RouteTemplate, PluginError> {
    let template = RouteTemplate::parse(route)?;
    if template.fit_address(example).is_some() {
        return Ok(template);
    }
    Err(PluginError::Example { example: example.to_owned(), route: route.to_owned() })
}

impl From<RouteSyntaxError> for PluginError {
    fn from(fault: RouteSyntaxError) -> Self {
        Self::Route(fault)
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("an id is lower-case letters, digits and -"),
            Self::Mount(mount) => write!(f, "the mount {mount:?} does not begin with /"),
            Self::Route(fault) => fault.fmt(f),
            Self::Example { example, route } => {
                write!(f, "in its manifest the example {example:?} does not fit the route {route:?}")
            }
            Self::Format(format) => {
                write!(f, "in its manifest the format {format:?} is none; write \"svg\", \"png\" or \"json\"")
            }
            Self::ReportParameter { route, parameter } => {
                write!(f, "in its manifest the report's route {route} has no {{{parameter}}}")
            }
            Self::ReportCollection(collection) => {
                write!(f, "in its manifest collections lacks {collection:?}, which a report goes to")
            }
        }
    }
}

impl Error for PluginError {}
