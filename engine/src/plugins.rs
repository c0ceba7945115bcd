//! plugins.toml, parsed into values that cannot be wrong.

mod allowed_address;
mod checksum;

mod declarative;
mod library;
mod load;
mod provider_file;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use badgesmith_provider::Manifest;
use serde::{Deserialize, Serialize};

pub use allowed_address::Allowed;
pub use checksum::checksum;
pub use load::{is_id, load};
pub(crate) use provider_file::Code;
pub use provider_file::{Opened, manifest_beside};

use crate::{
    origin::Origin,
    places::{Busy, Places, Taken},
};

/// How many steps of a declarative provider may run at once: they end, since the engine itself takes them.
const DECLARATIVE_STEPS: usize = 16;
/// How many steps of a library may run at once. One that never comes back holds its thread for good, and so would every
/// other that began before anybody could know that.
const LIBRARY_STEPS: usize = 1;
/// How many bytes of answers may wait for a step of one plugin. They arrived already, so nothing else bounds their memory.
const WAITING_ANSWERS: u64 = 32 * 1024 * 1024;
/// What a call weighs at least while it waits, in bytes, so that the number of waiting calls is bounded as well.
const LIGHTEST_CALL: u64 = 8 * 1024;
/// After how many steps that did not come back in time a plugin is out of service until the next start.
const STRIKES: u32 = 3;

/// plugins.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The engine's own settings.
    #[serde(default)]
    pub engine: Settings,
    /// The plugins, in the file's order.
    #[serde(default)]
    pub plugin: Vec<Entry>,
}

/// A file of plugins.d: more plugins, and nothing of the engine's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    #[serde(default)]
    plugin: Vec<Entry>,
}

/// `[engine]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// How much memory kept answers, finished badges, and what the embedded store keeps of its file may take, in MiB.
    pub cache_mib: u32,
    /// Where results lie.
    pub store: StoreKind,
    /// Whether signatures over the body alone are accepted, as BadgeSmith's own clients send them. Such a report can be
    /// sent again to another branch by whoever sees it.
    pub accept_body_only_signatures: bool,
    /// Whether `/endpoint` is served, which visits addresses that callers name.
    pub endpoint: bool,
    /// Whether `/badge/dynamic/…` is served, which visits them too.
    pub dynamic: bool,
    /// Whether callers may name plain http.
    pub allow_http: bool,
    /// What callers may name although it does not lead outside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_addresses: Vec<Allowed>,
}

impl Settings {
    /// How much of `cache-mib` is the embedded store's, in bytes: an eighth. The engine's own caches share the rest.
    #[must_use]
    pub const fn store_bytes(&self) -> u64 {
        self.cache_bytes() / 8
    }

    /// The whole of `cache-mib`, in bytes.
    pub(crate) const fn cache_bytes(&self) -> u64 {
        self.cache_mib as u64 * 1024 * 1024
    }
}

/// Where results lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In one file in the data directory.
    #[default]
    Embedded,
    /// In DynamoDB, with the secrets in AWS Secrets Manager.
    DynamoDb,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_mib: 64,
            store: StoreKind::Embedded,
            accept_body_only_signatures: false,
            endpoint: true,
            dynamic: true,
            allow_http: false,
            allow_addresses: Vec::new(),
        }
    }
}

/// `[[plugin]]`, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// What the plugin is called here.
    pub id: String,
    /// The library: a name that is looked for, or a path from the file's folder.
    pub library: Option<String>,
    /// The declarative provider's path from the file's folder.
    pub declarative: Option<PathBuf>,
    /// The SHA-256 of the library or of the declarative provider's file, in hexadecimal digits; empty where nobody
    /// compares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// Where its relative routes lie, if not where its manifest says.
    pub mount: Option<String>,
    /// Where it may ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The collections of records it may read and write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// For how many seconds an answer is used, if not as long as its manifest says.
    pub fresh_seconds: Option<u32>,
    /// For how many seconds longer it is served where it cannot be renewed.
    pub stale_seconds: Option<u32>,
    /// What it is to know, in the place of its manifest's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The secrets it may send, by the names of its manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretGrant>,
    /// The file it stands in, for messages and relative paths.
    #[serde(skip)]
    pub file: PathBuf,
}

/// Which of an owner's secrets a name of the manifest stands for, and the one origin it may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretGrant {
    /// What its owner stored it for.
    pub purpose: String,
    /// Where it may be sent.
    pub origin: String,
}

impl Config {
    /// Reads the text of a plugins.toml; `file` is where it lies.
    ///
    /// # Errors
    /// The file, the line and what is wrong there.
    pub fn parse(text: &str, file: &Path) -> Result<Self, String> {
        let mut config: Self = read(text, file)?;
        config.plugin.iter_mut().for_each(|entry| file.clone_into(&mut entry.file));
        Ok(config)
    }

    /// Adds the plugins of another file, which has no `[engine]`.
    ///
    /// # Errors
    /// The file, the line and what is wrong there.
    pub fn add(&mut self, text: &str, file: &Path) -> Result<(), String> {
        let more: More = read(text, file)?;
        self.plugin.extend(more.plugin.into_iter().map(|entry| Entry { file: file.to_owned(), ..entry }));
        Ok(())
    }

    /// The text of a plugins.toml that says the same.
    ///
    /// # Errors
    /// A value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|fault| fault.to_string())
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str, file: &Path) -> Result<T, String> {
    toml::from_str(text).map_err(|fault| format!("{}: {}", file.display(), fault.to_string().trim_end()))
}

/// A provider as this deployment loads it.
#[derive(Debug)]
pub struct Plugin {
    /// Its name here: the manifest's, or its mount's own.
    pub id: String,
    /// What it says of itself, its routes absolute.
    pub manifest: Manifest,
    /// The library, or the TOML file.
    pub file: PathBuf,
    /// Where it may ask.
    pub origins: Vec<Origin>,
    pub(crate) code: Code,
    pub(crate) settings: BTreeMap<String, String>,
    /// For each of the manifest's names the purpose it is stored under and the one origin it may go to.
    pub(crate) secrets: BTreeMap<String, (String, Origin)>,
    /// The collections of records it may read and write.
    pub(crate) collections: Vec<String>,
    pub(crate) fresh_seconds: Option<u32>,
    pub(crate) stale_seconds: u32,
    steps: Places,
    strikes: AtomicU32,
    /// Whether the step that began last did not come back in time.
    is_overdue: AtomicBool,
}

impl Plugin {
    /// One turn: a call and its answers' bodies in, a step out. It may never come back.
    ///
    /// # Errors
    /// What the plugin did wrong.
    pub fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        self.code.step(call, bodies)
    }

    /// Waits for a place to run a step with answers of so many bytes. The step is over when the place is dropped.
    ///
    /// # Errors
    /// [`Busy`], at once, where too much waits for this plugin already.
    pub(crate) async fn place(&self, bytes: usize) -> Result<Taken, Busy> {
        let weight = u64::try_from(bytes).unwrap_or(u64::MAX).clamp(LIGHTEST_CALL, WAITING_ANSWERS);
        let place = self.steps.take(&[], weight).await?;
        self.is_overdue.store(false, Ordering::Relaxed);
        Ok(place)
    }

    /// Notes a step that did not come back in time, and returns whether that was one too many.
    pub(crate) fn strike(&self) -> bool {
        self.is_overdue.store(true, Ordering::Relaxed);
        self.strikes.fetch_add(1, Ordering::Relaxed) + 1 >= STRIKES
    }

    /// Whether it is out of service: until an overdue step comes back, or for good.
    pub(crate) fn is_out(&self) -> bool {
        let is_stuck = self.is_overdue.load(Ordering::Relaxed) && self.steps.free() == 0;
        is_stuck || self.strikes.load(Ordering::Relaxed) >= STRIKES
    }

    /// How many steps did not come back.
    pub(crate) fn strikes(&self) -> u32 {
        self.strikes.load(Ordering::Relaxed)
    }
}
