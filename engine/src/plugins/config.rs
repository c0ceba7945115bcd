//! plugins.toml and the files of plugins.d, as they are written.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    config_error::{ConfigError, ConfigErrorKind},
    settings::Settings,
    trust,
};
use crate::{
    events::subscription::{MOST_SUBSCRIPTIONS, Subscription},
    origin::Origin,
    toml_reader,
};

/// plugins.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The engine's own settings.
    #[serde(default)]
    pub engine: Settings,
    /// The plugins, in the file's order.
    #[serde(default)]
    pub plugin: Vec<PluginConfig>,
    /// The subscriptions to events, in the file's order. [`Settings::subscriptions`] has the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscription: Vec<Subscription>,
}

/// `[[plugin]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginConfig {
    /// The plugin's id in this deployment.
    pub id: String,
    /// The library: a bare name that is searched for, or a path relative to the file's folder.
    pub library: Option<String>,
    /// The path of the declarative provider, relative to the file's folder.
    pub declarative: Option<PathBuf>,
    /// The SHA-256 of the library or of the declarative provider's file, in hexadecimal digits. If it is empty, nothing
    /// is compared.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// The prefixes of its addresses, which `badgesmith plugin pack` writes. A Lambda function loads the plugin at the
    /// first request for one of them. If the list of any plugin is empty, the function loads all plugins at its start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The mount that replaces the manifest's.
    pub mount: Option<String>,
    /// The origins it may send requests to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The collections of records it may read and write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// How many seconds an upstream's answer is fresh; without it, the time in the manifest.
    pub fresh_seconds: Option<u32>,
    /// For how many more seconds a stale answer is served while its upstream fails.
    pub stale_seconds: Option<u32>,
    /// Settings that replace the manifest's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The secrets it may send, by the names of its manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretGrant>,
    /// The file that contains this table, for messages and relative paths.
    #[serde(skip)]
    pub file: PathBuf,
    /// The plain http origins that the plugin may be granted: those of [`Settings::allow_http_origins`].
    #[serde(skip)]
    pub http_origins: Vec<Origin>,
}

/// The secret of an owner that a name in the manifest stands for, and the only origin that it may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretGrant {
    /// The purpose under which the owner stored the secret.
    pub purpose: String,
    /// The origin that the secret may be sent to.
    pub origin: String,
}

impl Config {
    /// Reads the text of a plugins.toml; `file` is its path.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Syntax`] with the line, [`ConfigErrorKind::Trust`], or too many or equally named
    /// subscriptions.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = parse(text, file)?;
        trust::check_scheme(&config.engine.trust, config.engine.allow_http).map_err(|fault| ConfigError {
            file: file.to_owned(),
            plugin: None,
            kind: ConfigErrorKind::Trust(fault),
        })?;
        let http_origins = config.engine.http_origins();
        for plugin in &mut config.plugin {
            file.clone_into(&mut plugin.file);
            plugin.http_origins.clone_from(&http_origins);
        }
        config.settle_subscriptions(file)?;
        Ok(config)
    }

    /// Adds the plugins and the subscriptions of a file of plugins.d, which has no `[engine]`.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Syntax`] with the line, or too many or equally named subscriptions.
    pub fn add(&mut self, text: &str, file: &Path) -> Result<(), ConfigError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Added {
            #[serde(default)]
            plugin: Vec<PluginConfig>,
            #[serde(default)]
            subscription: Vec<Subscription>,
        }

        let added: Added = parse(text, file)?;
        let http_origins = self.engine.http_origins();
        self.plugin.extend(added.plugin.into_iter().map(|plugin| {
            let (file, http_origins) = (file.to_owned(), http_origins.clone());
            PluginConfig { file, http_origins, ..plugin }
        }));
        self.subscription.extend(added.subscription);
        self.settle_subscriptions(file)
    }

    /// Checks the subscriptions together, and copies them into the settings. `file` has the last ones.
    fn settle_subscriptions(&mut self, file: &Path) -> Result<(), ConfigError> {
        let refused = |kind| ConfigError { file: file.to_owned(), plugin: None, kind };
        let count = self.subscription.len();
        if count > MOST_SUBSCRIPTIONS {
            return Err(refused(ConfigErrorKind::TooManySubscriptions(count)));
        }
        let mut names: Vec<&str> = self.subscription.iter().map(|subscription| &*subscription.name).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refused(ConfigErrorKind::DuplicateSubscription(pair[0].to_owned())));
        }
        self.engine.subscriptions.clone_from(&self.subscription);
        Ok(())
    }

    /// The same configuration as the text of a plugins.toml.
    ///
    /// # Errors
    /// A value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T, ConfigError> {
    toml_reader::read(text).map_err(|fault| ConfigError {
        file: file.to_owned(),
        plugin: None,
        kind: ConfigErrorKind::Syntax(Box::new(fault)),
    })
}
