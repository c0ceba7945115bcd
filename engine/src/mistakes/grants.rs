//! Finds every mistake of one plugin: after each refusal, the missing grant is added in memory, and the plugin is
//! loaded again.

use std::path::PathBuf;

use crate::{
    origin::Origin,
    plugins::{ConfigErrorKind, Plugin, PluginConfig, SecretGrant, load_one},
};

/// How often a plugin is loaded again.
const MOST: usize = 50;

/// Loads a plugin as if all its missing grants were there, and returns the mistakes. The plugin is `None` if it cannot
/// be loaded even so.
pub(super) fn load_granting(config: &PluginConfig, folders: &[PathBuf]) -> (Option<Plugin>, Vec<ConfigErrorKind>) {
    let (mut config, mut found) = (config.clone(), Vec::new());
    while found.len() < MOST {
        match load_one(&config, folders) {
            Ok(plugin) => return (Some(plugin), found),
            Err(error) => {
                let is_granted = grant(&mut config, &error.kind);
                found.push(error.kind);
                if !is_granted {
                    break;
                }
            }
        }
    }
    (None, found)
}

/// Changes the configuration so that this mistake is gone; `false` if no change would help.
fn grant(config: &mut PluginConfig, kind: &ConfigErrorKind) -> bool {
    let http_origins = config.http_origins.clone();
    let is_origin = |text: &String| Origin::parse_allowing(text, &http_origins).is_ok();
    let origin = config.origins.iter().find(|text| is_origin(text)).cloned();
    let granted = || SecretGrant { purpose: "Package".to_owned(), origin: origin.clone().unwrap_or_default() };
    match kind {
        ConfigErrorKind::UnknownSetting { name, .. } => drop(config.settings.remove(name)),
        ConfigErrorKind::GrantedOrigin(_) => config.origins.retain(is_origin),
        ConfigErrorKind::OriginNotGranted { needed, .. } => config.origins.push(needed.to_string()),
        ConfigErrorKind::SecretNotGranted(name)
        | ConfigErrorKind::SecretOrigin { name, .. }
        | ConfigErrorKind::SecretOriginNotGranted { name, .. }
        | ConfigErrorKind::SecretPurpose(name)
            if origin.is_some() =>
        {
            config.secrets.insert(name.clone(), granted());
        }
        ConfigErrorKind::CollectionName(name) => config.collections.retain(|other| other != name),
        ConfigErrorKind::CollectionNotGranted(name) => config.collections.push(name.clone()),
        _ => return false,
    }
    true
}

/// The key that a mistake is about, and the name below it.
pub(super) fn key(kind: &ConfigErrorKind) -> (&'static str, Option<&str>) {
    match kind {
        ConfigErrorKind::UnknownSetting { name, .. } => ("settings", Some(name)),
        ConfigErrorKind::GrantedOrigin(_) | ConfigErrorKind::OriginNotGranted { .. } => ("origins", None),
        ConfigErrorKind::SecretNotGranted(_) => ("secrets", None),
        ConfigErrorKind::SecretOrigin { name, .. }
        | ConfigErrorKind::SecretOriginNotGranted { name, .. }
        | ConfigErrorKind::SecretPurpose(name) => ("secrets", Some(name)),
        ConfigErrorKind::CollectionName(_) | ConfigErrorKind::CollectionNotGranted(_) => ("collections", None),
        ConfigErrorKind::LibraryNotFound(_) => ("library", None),
        _ => ("id", None),
    }
}
