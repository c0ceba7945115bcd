//! The call that the server makes for an address.

use std::{sync::Arc, time::SystemTime};

use badgesmith_engine::{Engine, Plugin, Request};
use badgesmith_provider::Call;
use url::Url;

use super::{
    nearest::{NearBadge, nearest_badges},
    plugin_error::PluginError,
};

/// The path and the query of an address or a URL.
pub(super) fn path(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path())),
        Err(_) if address.starts_with('/') => address.to_owned(),
        Err(_) => format!("/{address}"),
    }
}

/// The plugin that makes the badge at a path, and its call before any answer.
///
/// # Errors
/// No plugin has a badge at this path; the error lists badges with similar routes.
pub(super) fn find<'e>(
    engine: &'e Engine,
    path: &str,
    now: SystemTime,
) -> Result<(&'e Arc<Plugin>, Call<'static>), PluginError> {
    engine.call(&Request::get(path), now).ok_or_else(|| {
        let badges = engine.plugins().iter().flat_map(|plugin| &plugin.manifest.badges);
        let badges = badges.map(|badge| NearBadge { route: badge.route.clone(), example: badge.example.clone() });
        PluginError::NotABadge { path: path.to_owned(), nearest: nearest_badges(path, badges) }
    })
}
