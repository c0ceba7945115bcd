//! Loads the plugins of plugins.toml. Every request of a manifest for an origin, a secret or a collection is checked
//! against the grants in plugins.toml.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use badgesmith_provider::Manifest;

use super::{
    address_index::AddressIndex,
    config::{Config, PluginConfig},
    config_error::{ConfigError, ConfigErrorKind},
    further_routes, hook_grants,
    id::is_id,
    late_plugins::LatePlugins,
    library,
    manifest_check::PluginError,
    packed,
    plugin::{BoundSecret, Plugin},
    provider_file::{FileKind, ProviderFile},
    provider_file_error::ProviderFileError,
};
use crate::origin::Origin;

/// How many steps of a declarative provider may run at once: they run the engine's own code, so they always end.
const DECLARATIVE_STEPS: usize = 16;
/// How many steps of a library may run at once. A step that never returns holds its thread for good, and so would all
/// others that start before the first one is known to be overdue.
const LIBRARY_STEPS: usize = 1;

/// Opens every plugin of a plugins.toml. A bare library name is searched for in `folders`, in their order.
///
/// # Errors
/// The first plugin that is refused: the file, the plugin, the mistake and what to write.
pub fn load(config: &Config, folders: &[PathBuf]) -> Result<Vec<Plugin>, ConfigError> {
    let mut plugins: Vec<Plugin> = Vec::new();
    for config in &config.plugin {
        let loaded = if plugins.iter().any(|plugin| plugin.id == config.id) {
            Err(ConfigErrorKind::DuplicateId)
        } else {
            load_plugin(config, folders)
        };
        let error = |kind| ConfigError { file: config.file.clone(), plugin: Some(config.id.clone()), kind };
        plugins.push(loaded.map_err(error)?);
    }
    Ok(plugins)
}

/// The plugins of a plugins.toml, each of which is loaded at the first request for one of its addresses; `None` if
/// plugins.toml does not list the addresses of every plugin, or if an id is there twice.
#[must_use]
pub fn load_late(config: &Config, folders: Vec<PathBuf>) -> Option<LatePlugins> {
    let mut ids: Vec<&str> = config.plugin.iter().map(|plugin| &*plugin.id).collect();
    ids.sort_unstable();
    let is_known = config.plugin.iter().all(|plugin| !plugin.addresses.is_empty());
    if !is_known || ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let beginnings: Vec<_> = config.plugin.iter().map(|plugin| &*plugin.addresses).collect();
    let (addresses, plugins) = (AddressIndex::of(&beginnings), config.plugin.clone());
    Some(LatePlugins::new(addresses, plugins.len(), move |at| load_one(&plugins[at], &folders)))
}

/// Opens a plugin of a plugins.toml.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_one(config: &PluginConfig, folders: &[PathBuf]) -> Result<Plugin, ConfigError> {
    load_plugin(config, folders).map_err(|kind| {
        let (file, plugin) = (config.file.clone(), Some(config.id.clone()));
        ConfigError { file, plugin, kind }
    })
}

fn load_plugin(config: &PluginConfig, folders: &[PathBuf]) -> Result<Plugin, ConfigErrorKind> {
    let beside = beside(config);
    let (kind, file, steps) = match (&config.library, &config.declarative) {
        (Some(name), None) => (FileKind::Library, find_library(name, beside, folders)?, LIBRARY_STEPS),
        (None, Some(file)) => (FileKind::Declarative, beside.join(file), DECLARATIVE_STEPS),
        (None, None) => return Err(ConfigErrorKind::NoCode),
        (Some(_), Some(_)) => return Err(ConfigErrorKind::TwoCodes),
    };
    let ProviderFile { mut manifest, code } = packed::open(kind, &file, &config.sha256)?;
    let off = hook_grants::switch_off(&mut manifest, config);
    let plugin = Plugin::new(&config.id, mounted(manifest, config)?, code)?;
    let settings = settings(&plugin.manifest, config)?;
    let origins = origins(&plugin.manifest, &settings, config)?;
    let secrets = secrets(&plugin.manifest, config, &origins)?;
    let collections = collections(&plugin.manifest, config, &off)?;
    Ok(plugin
        .with_file(file)
        .with_concurrent_steps(steps)
        .with_settings(settings)
        .with_origins(origins)
        .with_secrets(secrets)
        .with_collections(collections)
        .with_freshness(config.fresh_seconds, config.stale_seconds))
}

/// The path of a library. A name with a slash or an extension is a path, relative to the folder of plugins.toml; a bare
/// name is searched for in each folder in turn, with this platform's prefix and extension.
fn find_library(name: &str, beside: &Path, folders: &[PathBuf]) -> Result<PathBuf, ConfigErrorKind> {
    let paths = library_paths(name, beside, folders);
    match paths.iter().find(|path| path.is_file()) {
        Some(found) => fs::canonicalize(found)
            .map_err(|fault| ProviderFileError { file: found.clone(), kind: fault.into() }.into()),
        None => Err(ConfigErrorKind::LibraryNotFound(paths)),
    }
}

fn library_paths(name: &str, beside: &Path, folders: &[PathBuf]) -> Vec<PathBuf> {
    if name.contains(['/', '\\']) || Path::new(name).extension().is_some() {
        return vec![beside.join(name)];
    }
    let file = library::file_name(name);
    folders.iter().map(|folder| folder.join(&file)).collect()
}

/// The paths where the file of a plugin may be; the first one that exists is opened. A library with a bare name is
/// searched for in `folders`.
#[must_use]
pub fn file_paths(config: &PluginConfig, folders: &[PathBuf]) -> Vec<PathBuf> {
    let beside = beside(config);
    let declarative = config.declarative.iter().map(|file| beside.join(file));
    let library = config.library.iter().flat_map(|name| library_paths(name, beside, folders));
    declarative.chain(library).collect()
}

/// The folder that a plugin's paths are relative to.
fn beside(config: &PluginConfig) -> &Path {
    config.file.parent().unwrap_or(Path::new("."))
}

/// The manifest at the configured mount. If plugins.toml replaces the mount, routes outside of the mount are not
/// served: aliases, charts and webhooks.
fn mounted(mut manifest: Manifest, config: &PluginConfig) -> Result<Manifest, ConfigErrorKind> {
    if !is_id(&config.id) {
        return Err(PluginError::Id.into());
    }
    if let Some(mount) = &config.mount {
        manifest.mount.clone_from(mount);
        further_routes::flatten(&mut manifest);
        manifest.badges.retain(|badge| !badge.route.starts_with('/'));
        manifest.reports.retain(|report| !report.route.starts_with('/'));
        manifest.redirects.retain(|redirect| !redirect.route.starts_with('/'));
        manifest.hooks.clear();
        manifest.charts.clear();
        manifest.refusals.retain(|refusal| !refusal.route.starts_with('/'));
    } else if manifest.id != config.id {
        return Err(ConfigErrorKind::OtherId { manifest_id: manifest.id });
    }
    Ok(manifest)
}

/// The manifest's settings, replaced by the configured ones.
fn settings(manifest: &Manifest, config: &PluginConfig) -> Result<BTreeMap<String, String>, ConfigErrorKind> {
    let mut settings = manifest.settings.clone();
    for (name, value) in &config.settings {
        if settings.insert(name.clone(), value.clone()).is_none() {
            let known = manifest.settings.keys().cloned().collect();
            return Err(ConfigErrorKind::UnknownSetting { name: name.clone(), known });
        }
    }
    Ok(settings)
}

/// The granted origins, which must cover those that the manifest asks for.
fn origins(
    manifest: &Manifest,
    settings: &BTreeMap<String, String>,
    config: &PluginConfig,
) -> Result<Vec<Origin>, ConfigErrorKind> {
    let granted = config
        .origins
        .iter()
        .map(|text| Origin::parse_allowing(text, &config.http_origins))
        .collect::<Result<Vec<_>, _>>();
    let granted = granted.map_err(ConfigErrorKind::GrantedOrigin)?;
    for needed in &manifest.origins {
        let address = match needed.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => settings.get(name).ok_or_else(|| ConfigErrorKind::NoSettingForOrigin(name.to_owned()))?,
            None => needed,
        };
        // An empty setting switches a feature of the provider off.
        if address.is_empty() {
            continue;
        }
        let needed = Origin::of_allowing(address, &config.http_origins).map_err(ConfigErrorKind::NeededOrigin)?;
        if !granted.contains(&needed) {
            return Err(ConfigErrorKind::OriginNotGranted { needed, granted });
        }
    }
    Ok(granted)
}

/// The granted secrets, which must cover those that the manifest needs.
fn secrets(
    manifest: &Manifest,
    config: &PluginConfig,
    granted: &[Origin],
) -> Result<BTreeMap<String, BoundSecret>, ConfigErrorKind> {
    if let Some(name) = manifest.secrets.iter().find(|name| !config.secrets.contains_key(*name)) {
        return Err(ConfigErrorKind::SecretNotGranted(name.clone()));
    }
    let bound = config.secrets.iter().map(|(name, grant)| {
        let origin = Origin::parse_allowing(&grant.origin, &config.http_origins);
        let origin = origin.map_err(|fault| ConfigErrorKind::SecretOrigin { name: name.clone(), fault })?;
        if !granted.contains(&origin) {
            return Err(ConfigErrorKind::SecretOriginNotGranted { name: name.clone(), origin });
        }
        if grant.purpose.trim().is_empty() {
            return Err(ConfigErrorKind::SecretPurpose(name.clone()));
        }
        Ok((name.clone(), BoundSecret { purpose: grant.purpose.clone(), origin }))
    });
    bound.collect()
}

/// The granted collections, which must cover those of the manifest, without those that are off.
fn collections(manifest: &Manifest, config: &PluginConfig, off: &[String]) -> Result<Vec<String>, ConfigErrorKind> {
    if let Some(name) = config.collections.iter().find(|name| !is_id(name)) {
        return Err(ConfigErrorKind::CollectionName(name.clone()));
    }
    match manifest.collections.iter().find(|name| !config.collections.contains(name) && !off.contains(name)) {
        Some(name) => Err(ConfigErrorKind::CollectionNotGranted(name.clone())),
        None => Ok(config.collections.iter().filter(|name| !off.contains(name)).cloned().collect()),
    }
}
