//! From plugins.toml to plugins, in the order that refuses a mistake before it can do harm.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU32},
};

use badgesmith_provider::Manifest;

use super::{
    Code, Config, DECLARATIVE_STEPS, Entry, LIBRARY_STEPS, Plugin, WAITING_ANSWERS, library, provider_file::Kind,
};
use crate::{origin::Origin, places::Places, response::Format, route::Template};

/// For how long an answer that cannot be renewed is still served, in seconds: seven days.
const STALE_SECONDS: u32 = 7 * 24 * 60 * 60;

/// Opens every plugin of a plugins.toml. A bare library name is looked for in `folders`, in their order.
///
/// # Errors
/// One sentence for the first plugin that is refused: the file, the plugin, the key, and what to write.
pub fn load(config: &Config, folders: &[PathBuf]) -> Result<Vec<Plugin>, String> {
    let mut plugins: Vec<Plugin> = Vec::new();
    for entry in &config.plugin {
        let refused = |fault| format!("{}: plugin {:?}: {fault}", entry.file.display(), entry.id);
        if plugins.iter().any(|plugin| plugin.id == entry.id) {
            return Err(refused("its id stands twice; give one a mount and an id of its own".to_owned()));
        }
        let beside = entry.file.parent().unwrap_or(Path::new("."));
        plugins.push(load_one(entry, beside, folders).map_err(refused)?);
    }
    Ok(plugins)
}

fn load_one(entry: &Entry, beside: &Path, folders: &[PathBuf]) -> Result<Plugin, String> {
    let (kind, file, steps) = match (&entry.library, &entry.declarative) {
        (Some(name), None) => (Kind::Library, library::find(name, beside, folders)?, LIBRARY_STEPS),
        (None, Some(file)) => (Kind::Declarative, beside.join(file), DECLARATIVE_STEPS),
        (None, None) => return Err("it has no code; write library = \"…\" or declarative = \"….toml\"".to_owned()),
        (Some(_), Some(_)) => return Err("it has library and declarative; take one away".to_owned()),
    };
    let (code, manifest) = Code::load(kind, &file, &entry.sha256)?;
    let manifest = place(manifest, entry)?;
    let settings = settings(&manifest, entry)?;
    let origins = origins(&manifest, &settings, entry)?;
    let secrets = secrets(&manifest, entry, &origins)?;
    let collections = collections(&manifest, entry)?;
    Ok(Plugin {
        id: entry.id.clone(),
        manifest,
        file,
        origins,
        code,
        settings,
        secrets,
        collections,
        fresh_seconds: entry.fresh_seconds,
        stale_seconds: entry.stale_seconds.unwrap_or(STALE_SECONDS),
        steps: Places::new(steps, WAITING_ANSWERS),
        strikes: AtomicU32::new(0),
        is_overdue: AtomicBool::new(false),
    })
}

/// Makes the manifest's routes absolute, where this entry mounts it.
fn place(mut manifest: Manifest, entry: &Entry) -> Result<Manifest, String> {
    if !is_id(&entry.id) {
        return Err("an id is lower-case letters, digits and -".to_owned());
    }
    if entry.mount.is_none() && manifest.id != entry.id {
        return Err(format!(
            "the library calls itself {0:?}; write id = {0:?}, or give it a mount of its own",
            manifest.id
        ));
    }
    let aliases_stay = entry.mount.is_none();
    let mount = entry.mount.as_deref().unwrap_or(&manifest.mount).trim_end_matches('/').to_owned();
    if !mount.starts_with('/') {
        return Err(format!("the mount {mount:?} does not begin with /"));
    }
    let absolute = |route: &str| if route.starts_with('/') { route.to_owned() } else { format!("{mount}/{route}") };
    manifest.badges.retain(|badge| aliases_stay || !badge.route.starts_with('/'));
    for badge in &mut manifest.badges {
        badge.route = absolute(&badge.route);
        badge.example = absolute(&badge.example);
        fitting(&badge.route, &badge.example)?;
        if let Some(format) = badge.format.as_deref().filter(|format| Format::parse(format).is_none()) {
            return Err(format!("in its manifest the format {format:?} is none; write \"svg\", \"png\" or \"json\""));
        }
    }
    manifest.reports.retain(|report| aliases_stay || !report.route.starts_with('/'));
    for report in &mut manifest.reports {
        report.route = absolute(&report.route);
        report.example = absolute(&report.example);
        let template = fitting(&report.route, &report.example)?;
        let missing = ["owner", "repo", "platform", "branch"].into_iter().find(|name| !template.has(name));
        if let Some(name) = missing {
            return Err(format!("in its manifest the report's route {template} has no {{{name}}}"));
        }
        if !manifest.collections.contains(&report.collection) {
            return Err(format!("in its manifest collections lacks {:?}, which a report goes to", report.collection));
        }
    }
    manifest.redirects.retain(|redirect| aliases_stay || !redirect.route.starts_with('/'));
    for redirect in &mut manifest.redirects {
        redirect.route = absolute(&redirect.route);
        redirect.example = absolute(&redirect.example);
        fitting(&redirect.route, &redirect.example)?;
    }
    manifest.refusals.retain(|refusal| aliases_stay || !refusal.route.starts_with('/'));
    for refusal in &mut manifest.refusals {
        refusal.route = absolute(&refusal.route);
        Template::parse(&refusal.route)?;
    }
    manifest.mount = mount;
    Ok(manifest)
}

/// A route that its own example fits.
fn fitting(route: &str, example: &str) -> Result<Template, String> {
    let template = Template::parse(route)?;
    let path = example.split('?').next().unwrap_or_default();
    let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match template.fit(&segments) {
        Some(_) => Ok(template),
        None => Err(format!("in its manifest the example {example:?} does not fit the route {route:?}")),
    }
}

/// The manifest's settings with this entry's in their place.
fn settings(manifest: &Manifest, entry: &Entry) -> Result<BTreeMap<String, String>, String> {
    let mut settings = manifest.settings.clone();
    for (name, value) in &entry.settings {
        if settings.insert(name.clone(), value.clone()).is_none() {
            let known: Vec<_> = manifest.settings.keys().map(String::as_str).collect();
            return Err(format!("settings.{name} is no setting of it; it has: {}", known.join(", ")));
        }
    }
    Ok(settings)
}

/// The origins that plugins.toml grants, which must cover those the manifest needs.
fn origins(manifest: &Manifest, settings: &BTreeMap<String, String>, entry: &Entry) -> Result<Vec<Origin>, String> {
    let granted = entry.origins.iter().map(|text| Origin::parse(text)).collect::<Result<Vec<_>, _>>();
    let granted = granted.map_err(|fault| format!("origins: {fault}"))?;
    for needed in &manifest.origins {
        let address = match needed.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => settings.get(name).ok_or_else(|| format!("its manifest names no setting {name:?}"))?,
            None => needed,
        };
        // A setting that is empty is a feature nobody switched on.
        if address.is_empty() {
            continue;
        }
        let origin = Origin::of(address)?;
        if !granted.contains(&origin) {
            let all: Vec<_> =
                granted.iter().chain([&origin]).map(|origin| format!("{:?}", origin.to_string())).collect();
            return Err(format!("it asks {origin}, which is not granted; write origins = [{}]", all.join(", ")));
        }
    }
    Ok(granted)
}

/// The secrets that plugins.toml grants, which must cover those the manifest cannot do without.
fn secrets(
    manifest: &Manifest,
    entry: &Entry,
    granted: &[Origin],
) -> Result<BTreeMap<String, (String, Origin)>, String> {
    if let Some(name) = manifest.secrets.iter().find(|name| !entry.secrets.contains_key(*name)) {
        return Err(format!(
            "it needs the secret {name:?}; write secrets = {{ {name} = {{ purpose = \"Package\", origin = \"https://…\" }} }}"
        ));
    }
    let read = entry.secrets.iter().map(|(name, grant)| {
        let origin = Origin::parse(&grant.origin).map_err(|fault| format!("secrets.{name}.origin: {fault}"))?;
        if !granted.contains(&origin) {
            return Err(format!("secrets.{name} may be sent to {origin}, which origins does not grant; add it there"));
        }
        if grant.purpose.trim().is_empty() {
            return Err(format!("secrets.{name}.purpose is empty; write the purpose its owners store it under"));
        }
        Ok((name.clone(), (grant.purpose.clone(), origin)))
    });
    read.collect()
}

/// The collections that plugins.toml grants, which must cover those of the manifest.
fn collections(manifest: &Manifest, entry: &Entry) -> Result<Vec<String>, String> {
    if let Some(name) = entry.collections.iter().find(|name| !is_id(name)) {
        return Err(format!("collections: {name:?} is not lower-case letters, digits and -"));
    }
    match manifest.collections.iter().find(|name| !entry.collections.contains(name)) {
        Some(name) => {
            Err(format!("it keeps records in {name:?}, which is not granted; write collections = [{name:?}]"))
        }
        None => Ok(entry.collections.clone()),
    }
}

/// Whether a plugin can be called so.
#[must_use]
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
