//! All mistakes of plugins.toml and of the files of plugins.d at once, for the operator who has to correct them.
//!
//! At its start, the server stops at the first mistake. Only then does this module check the whole configuration, so
//! that a configuration without mistakes is checked only once.

mod grants;
mod mistake;
mod tables;
mod values;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::mistake::{Mistake, MistakeKind};
use self::{grants::load_granting, tables::Tables};
use crate::{
    events::{MOST_SUBSCRIPTIONS, Subscription},
    plugin_set::PluginSet,
    plugins::{ConfigErrorKind, Plugin, PluginConfig},
};

/// Every mistake of these files, each with its path and text: plugins.toml, and then those of plugins.d. Bare names of
/// libraries are searched in `folders`. `prepare` may change a plugin's table before its code is opened, such as the path
/// of its library; if it returns `false`, the code is not opened and only the table is looked at.
#[must_use]
pub fn mistakes(
    files: &[(PathBuf, String)],
    folders: &[PathBuf],
    prepare: &mut dyn FnMut(&mut PluginConfig) -> bool,
) -> Vec<Mistake> {
    let mut found = Vec::new();
    let (mut loaded, mut ids) = (Vec::<(Arc<Plugin>, Mistake)>::new(), Vec::new());
    let mut subscriptions: Vec<(Subscription, Mistake)> = Vec::new();
    let mut http_origins = Vec::new();
    for (index, (file, text)) in files.iter().enumerate() {
        let Some(tables) = Tables::read(file, text, index == 0, &mut found) else { continue };
        if index == 0 {
            http_origins = tables.http_origins;
        }
        for (subscription, table) in tables.subscriptions {
            let mistake = |kind| table.mistake("name", None, kind);
            if subscriptions.iter().any(|(other, _)| other.name == subscription.name) {
                found.push(mistake(ConfigErrorKind::DuplicateSubscription(subscription.name.clone())));
            }
            let count = subscriptions.len() + 1;
            let too_many = mistake(ConfigErrorKind::TooManySubscriptions(count));
            subscriptions.push((subscription, too_many));
        }
        for (mut config, table) in tables.plugins {
            config.http_origins.clone_from(&http_origins);
            if ids.contains(&config.id) {
                found.push(table.mistake("id", None, ConfigErrorKind::DuplicateId));
                continue;
            }
            ids.push(config.id.clone());
            if !prepare(&mut config) {
                continue;
            }
            let (plugin, kinds) = load_granting(&config, folders);
            found.extend(kinds.into_iter().map(|kind| {
                let (key, name) = grants::key(&kind);
                table.mistake(key, name.map(str::to_owned).as_deref(), kind)
            }));
            loaded.extend(plugin.map(|plugin| (Arc::new(plugin), table.route_mistake())));
        }
    }
    if subscriptions.len() > MOST_SUBSCRIPTIONS {
        found.extend(subscriptions.pop().map(|(_, mistake)| mistake));
    }
    found.extend(route_mistakes(loaded));
    found.sort_by_key(|mistake| (files.iter().position(|(file, _)| *file == mistake.file), mistake.line));
    found
}

/// A mistake in an entry of a list of `[engine]` that the caller found, not the engine. `words` describes the entry at
/// `index` of the list `key`; `file` and `text` are the path and the text of plugins.toml.
#[must_use]
pub fn mistake_in_engine(file: &Path, text: &str, key: &str, index: usize, words: String) -> Mistake {
    tables::listed_mistake(file, text, key, index, words)
}

/// The conflicts of routes. A plugin whose route conflicts is left out, and the others are checked again.
fn route_mistakes(mut loaded: Vec<(Arc<Plugin>, Mistake)>) -> Vec<Mistake> {
    let mut found = Vec::new();
    while let Err(error) = PluginSet::check_routes(loaded.iter().map(|(plugin, _)| Arc::clone(plugin)).collect()) {
        let Some(at) = loaded.iter().position(|(plugin, _)| plugin.id == error.plugin) else { break };
        let (_, mistake) = loaded.remove(at);
        found.push(Mistake { kind: MistakeKind::Route(error.kind), ..mistake });
    }
    found
}

#[cfg(test)]
mod tests;
