//! The checks of a manifest before its routes are served.

use std::{error::Error, fmt};

use badgesmith_provider::Manifest;

use super::{
    further_routes, header_names, label_template,
    series_check::{self, SeriesError},
};
use crate::{
    format::Format,
    route::{RouteSegment, RouteSyntaxError, RouteTemplate},
    store::is_own_collection,
};

/// The parameters that the route of a report must have: they name the subject of its record.
const SUBJECT: [&str; 4] = ["owner", "repo", "platform", "branch"];

/// The capabilities that a manifest may require of the server.
const CAPABILITIES: [&str; 12] = [
    "post",
    "headers",
    "secrets",
    "web",
    "routes",
    "labels",
    HOOKS,
    "states",
    "optional-requests",
    "fresh-requests",
    "about",
    "parts",
];
/// The capability that a manifest with webhooks must require.
const HOOKS: &str = "hooks";
/// The prefix of the routes of webhooks.
const HOOK_START: &str = "/webhooks/";
/// The one parameter that the route of a webhook may have.
const OWNER: &str = "owner";

/// Why a manifest cannot be served as a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginError {
    /// The plugin's id is not allowed.
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
    /// A badge has an unknown default format.
    Format(String),
    /// The manifest requires a capability that this version does not have.
    Capability(String),
    /// A manifest lists a header that providers may not set.
    Header {
        /// The header's name.
        name: String,
        /// Why not, as the end of a sentence.
        why: &'static str,
    },
    /// A label has a name that is neither a parameter of the badge nor a setting's host.
    LabelName {
        /// The label.
        label: String,
        /// The name in it.
        name: String,
    },
    /// A parameter is both fixed and a segment of the route.
    FixedSegment {
        /// The route.
        route: String,
        /// The parameter's name.
        parameter: String,
    },
    /// The route of a report lacks a parameter.
    ReportParameter {
        /// The route.
        route: String,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A report goes to a collection that the manifest does not list.
    ReportCollection(String),
    /// A manifest with webhooks does not require `hooks`.
    HookRequires,
    /// The route of a webhook is not below `/webhooks/`, or has another parameter than `owner`.
    HookRoute(String),
    /// A webhook has no purpose for its secrets.
    HookPurpose(String),
    /// A webhook or a badge has a collection that the manifest does not list.
    Collection {
        /// The name of the webhook or of the badge.
        of: String,
        /// The collection.
        collection: String,
    },
    /// A manifest lists a collection that is the engine's own.
    KeptCollection(String),
    /// A series or a chart cannot be served.
    Series(SeriesError),
}

/// Makes a badge of every further route, and makes the routes and examples absolute, below the mount.
///
/// # Errors
/// [`PluginError::Mount`].
pub(super) fn make_absolute(manifest: &mut Manifest) -> Result<(), PluginError> {
    further_routes::flatten(manifest);
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
    if let Some(name) = manifest.requires.iter().find(|name| !CAPABILITIES.contains(&name.as_str())) {
        return Err(PluginError::Capability(name.clone()));
    }
    for name in &manifest.headers {
        if let Some(why) = header_names::reserved(name) {
            return Err(PluginError::Header { name: name.clone(), why });
        }
    }
    for badge in &manifest.badges {
        let template = check_example(&badge.route, &badge.example)?;
        if let Some(parameter) = badge.fixed.keys().find(|name| template.has(name)) {
            return Err(PluginError::FixedSegment { route: badge.route.clone(), parameter: parameter.clone() });
        }
        if let Some(name) = label_template::unknown_name(badge, &template, manifest) {
            return Err(PluginError::LabelName { label: badge.label.clone(), name: name.to_owned() });
        }
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
    if let Some(kept) = manifest.collections.iter().find(|name| is_own_collection(name)) {
        return Err(PluginError::KeptCollection(kept.clone()));
    }
    for badge in &manifest.badges {
        check_collections(manifest, &badge.name, &badge.reads)?;
    }
    check_hooks(manifest)?;
    series_check::check(manifest).map_err(PluginError::Series)?;
    for redirect in &manifest.redirects {
        check_example(&redirect.route, &redirect.example)?;
    }
    for refusal in &manifest.refusals {
        RouteTemplate::parse(&refusal.route)?;
    }
    Ok(())
}

fn check_hooks(manifest: &Manifest) -> Result<(), PluginError> {
    if !manifest.hooks.is_empty() && !manifest.requires.iter().any(|name| name == HOOKS) {
        return Err(PluginError::HookRequires);
    }
    for hook in &manifest.hooks {
        let template = check_example(&hook.route, &hook.example)?;
        let is_known = |segment: &RouteSegment| match segment {
            RouteSegment::Literal(_) => true,
            RouteSegment::Parameter(name) => name == OWNER,
            RouteSegment::Scoped(_) | RouteSegment::Rest(_) => false,
        };
        if !hook.route.starts_with(HOOK_START) || !template.segments().iter().all(is_known) {
            return Err(PluginError::HookRoute(hook.route.clone()));
        }
        if hook.purpose.trim().is_empty() {
            return Err(PluginError::HookPurpose(hook.name.clone()));
        }
        check_collections(manifest, &hook.name, &hook.collections)?;
    }
    Ok(())
}

/// Checks that the manifest lists the collections of a badge or a webhook.
fn check_collections(manifest: &Manifest, of: &str, collections: &[String]) -> Result<(), PluginError> {
    match collections.iter().find(|name| !manifest.collections.contains(name)) {
        Some(name) => Err(PluginError::Collection { of: of.to_owned(), collection: name.clone() }),
        None => Ok(()),
    }
}

/// Parses a route, and checks that its example fits it.
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
            Self::Capability(name) => write!(
                f,
                "it requires {name:?} of its host, which BadgeSmith {} does not have; install a newer BadgeSmith, or \
                 an older version of the plugin",
                env!("CARGO_PKG_VERSION")
            ),
            Self::Header { name, why } => {
                write!(f, "in its manifest headers has {name:?}, {why}; take it away")
            }
            Self::LabelName { label, name } => write!(
                f,
                "in its manifest the label {label:?} has {{{name}}}, which is no parameter of the badge; write one, \
                 or {{SETTING.host}} for the host of a setting's address"
            ),
            Self::FixedSegment { route, parameter } => {
                write!(f, "in its manifest the route {route} has {{{parameter}}} already; take it away from fixed")
            }
            Self::ReportParameter { route, parameter } => {
                write!(f, "in its manifest the report's route {route} has no {{{parameter}}}")
            }
            Self::HookRequires => f.write_str("its manifest has hooks; it has to say \"requires\": [\"hooks\"]"),
            Self::HookRoute(route) => write!(
                f,
                "in its manifest the webhook's route {route} is not below {HOOK_START}, or has another parameter than \
                 {{{OWNER}}}"
            ),
            Self::HookPurpose(name) => {
                write!(f, "in its manifest the webhook {name:?} has no purpose; write \"Webhook\"")
            }
            Self::Collection { of, collection } => {
                write!(f, "in its manifest collections lacks {collection:?}, which {of:?} has")
            }
            Self::KeptCollection(name) => {
                write!(f, "in its manifest collections has {name:?}, which is the host's own; give it another name")
            }
            Self::Series(fault) => fault.fmt(f),
            Self::ReportCollection(collection) => {
                write!(f, "in its manifest collections lacks {collection:?}, which a report goes to")
            }
        }
    }
}

impl Error for PluginError {}
