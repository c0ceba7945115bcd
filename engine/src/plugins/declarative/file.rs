//! The file of a declarative provider as it is written, and its checks.

use std::collections::{BTreeMap, BTreeSet};

use badgesmith_provider::Manifest;
use serde::Deserialize;

use super::{
    badge::Badge,
    badge_table::{BadgeTable, filled},
    bases,
    file_error::FileFault,
    recipe::BadgeRecipe,
    request_table::RequestTable,
};
use crate::{
    origin::Origin,
    plugins::{id::is_id, label_template},
    router::Router,
    toml_reader::{self, Spanned},
};

/// The whole file. `id` to `settings` are keys of a manifest; the origins that the manifest asks for are those of the
/// settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileTable {
    id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    summary: String,
    mount: Spanned<String>,
    #[serde(default)]
    settings: BTreeMap<String, Spanned<String>>,
    badge: Vec<Spanned<BadgeTable>>,
}

/// The file, with its badges split into requests and values.
#[derive(Debug)]
pub(super) struct DeclarativeFile {
    id: String,
    version: String,
    summary: String,
    mount: String,
    settings: BTreeMap<String, Spanned<String>>,
    badges: Vec<Badge>,
}

impl DeclarativeFile {
    /// Reads a file and checks everything except the recipes of its badges.
    pub(super) fn read(text: &str) -> Result<Self, FileFault> {
        let FileTable { id, version, summary, mount, settings, badge } = toml_reader::read(text)?;
        if !is_id(id.get_ref()) {
            return Err(FileFault::at(&id, "an id is lower-case letters, digits and -"));
        }
        filled(&version, "\"1.0.0\"")?;
        if !mount.get_ref().starts_with('/') || mount.get_ref().ends_with('/') {
            let path = mount.get_ref().trim_matches('/');
            let words = format!("a mount begins with / and does not end with it; write \"/{path}\"");
            return Err(FileFault::at(&mount, words));
        }
        let file = Self {
            id: id.into_inner(),
            version: version.into_inner(),
            summary,
            mount: mount.into_inner(),
            settings,
            badges: badge.into_iter().map(Badge::new).collect::<Result<_, _>>()?,
        };
        let used = bases::used_settings(&file.badges, &file.settings)?;
        file.check_routes()?;
        let settings = file.settings.keys().map(String::as_str).collect();
        file.badges.iter().try_for_each(|badge| badge.check_names(&file.mount, &settings))?;
        file.check_settings(&used)?;
        Ok(file)
    }

    /// The manifest.
    pub(super) fn manifest(&self) -> Result<Manifest, FileFault> {
        let requests = || self.badges.iter().flat_map(|badge| &badge.requests).map(|request| &request.table);
        let headers: BTreeSet<_> = requests().flat_map(|request| request.headers.keys()).map(|name| &name.0).collect();
        let secrets = || requests().filter_map(|request| request.secret.as_ref()).map(Spanned::get_ref);
        let needed: BTreeSet<_> =
            secrets().filter(|secret| !secret.optional).map(|secret| secret.name.get_ref()).collect();
        let tables = || self.badges.iter().map(|badge| &badge.table);
        let has_label_names = || {
            self.badges
                .iter()
                .flat_map(Badge::routes)
                .any(|route| !label_template::names(route.label.get_ref()).is_empty())
        };
        let required = [
            ("post", requests().any(|request| request.post.is_some())),
            ("headers", !headers.is_empty()),
            ("secrets", secrets().any(|secret| secret.is_beyond_authorization())),
            ("web", requests().any(RequestTable::is_web)),
            ("routes", tables().any(|badge| !badge.routes.is_empty())),
            ("labels", has_label_names()),
        ];
        Ok(Manifest {
            id: self.id.clone(),
            version: self.version.clone(),
            summary: self.summary.clone(),
            mount: self.mount.clone(),
            badges: tables().map(BadgeTable::manifest).collect::<Result<_, _>>()?,
            origins: self.settings.keys().map(|name| format!("{{{name}}}")).collect(),
            secrets: needed.into_iter().cloned().collect(),
            requires: required.iter().filter(|(_, is_needed)| *is_needed).map(|(name, _)| (*name).to_owned()).collect(),
            headers: headers.into_iter().cloned().collect(),
            settings: self.settings.iter().map(|(name, value)| (name.clone(), value.get_ref().clone())).collect(),
            ..Manifest::default()
        })
    }

    /// The recipes of the badges, by name.
    pub(super) fn recipes(self) -> Result<BTreeMap<String, BadgeRecipe>, FileFault> {
        let recipe = |badge: Badge| Ok((badge.table.name.get_ref().clone(), badge.recipe()?));
        self.badges.into_iter().map(recipe).collect()
    }

    /// Checks that every setting is the base of an address, and that a request begins with it.
    fn check_settings(&self, used: &BTreeSet<String>) -> Result<(), FileFault> {
        for (name, value) in &self.settings {
            let address = value.get_ref();
            // An empty setting is set by the operator.
            if !address.is_empty() {
                Origin::of(address).map_err(|fault| {
                    FileFault::at(value, format!("no address to begin with, such as \"https://example.com\": {fault}"))
                })?;
            }
            if address.contains(['?', '#']) {
                return Err(FileFault::at(value, "an address to begin with has no ? and no #; write them in get"));
            }
            if !used.contains(name) {
                let words = format!("no get begins with {{{name}}}; write one that does, or take the setting away");
                return Err(FileFault::at(value, words));
            }
        }
        Ok(())
    }

    /// Checks that no two routes match the same addresses, and that no two badges have the same name.
    fn check_routes(&self) -> Result<(), FileFault> {
        let mut router = Router::new();
        let mut names = BTreeSet::new();
        for badge in &self.badges {
            let name = badge.table.name.get_ref();
            for keys in badge.routes() {
                if let Err((_, other)) = router.add(keys.template(&self.mount)?, name) {
                    let words = format!("it fits the same addresses as the route of badge {other:?}; write another");
                    return Err(FileFault::at(keys.route, words));
                }
            }
            if !names.insert(name) {
                return Err(FileFault::at(&badge.table.name, "another badge has this name; write another"));
            }
        }
        Ok(())
    }
}
