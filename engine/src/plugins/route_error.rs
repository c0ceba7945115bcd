//! Why an engine cannot serve a plugin's route.

use std::{error::Error, fmt};

use crate::route::RouteSyntaxError;

/// The first route of a plugin that an engine cannot serve.
///
/// Its `Display` names the plugin; [`kind`](Self::kind) alone does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    /// The plugin's id.
    pub plugin: String,
    /// What is wrong with its route.
    pub kind: RouteErrorKind,
}

/// What is wrong with a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteErrorKind {
    /// It cannot be read.
    Syntax(RouteSyntaxError),
    /// Its first segment is reserved for the engine's own addresses.
    Reserved {
        /// The route.
        route: String,
    },
    /// Another plugin has a route for the same addresses.
    Taken {
        /// The route.
        route: String,
        /// The other plugin's route.
        other_route: String,
        /// The other plugin's id.
        other_plugin: String,
    },
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {:?}: {}", self.plugin, self.kind)
    }
}

impl fmt::Display for RouteErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(fault) => fault.fmt(f),
            Self::Reserved { route } => {
                write!(f, "the route {route} is kept for the engine; give it another mount")
            }
            Self::Taken { route, other_route, other_plugin } => write!(
                f,
                "the route {route} fits the same addresses as {other_route} of plugin {other_plugin:?}; \
                 give one a mount"
            ),
        }
    }
}

impl Error for RouteError {}

impl Error for RouteErrorKind {}
