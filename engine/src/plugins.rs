//! plugins.toml, parsed into values that cannot be wrong.

mod code;
mod declarative;
mod library;
mod load;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use badgesmith_provider::Manifest;
use serde::Deserialize;
use tokio::sync::Semaphore;

pub(crate) use code::Code;
pub use code::{Opened, manifest_beside};
pub use load::load;

use crate::origin::Origin;

/// How many steps of one plugin may run at once: those that never come back hold their thread.
const STEPS_AT_ONCE: usize = 16;
/// After how many steps that did not come back a plugin is taken out of service.
const STRIKES: u32 = 3;

/// plugins.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The engine's own settings.
    #[serde(default)]
    pub engine: Settings,
    /// The plugins, in the file's order.
    #[serde(default)]
    plugin: Vec<Entry>,
    /// The file itself, for messages and relative paths.
    #[serde(skip)]
    file: PathBuf,
}

/// `[engine]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// How much memory kept answers and finished badges may take, in MiB.
    pub cache_mib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_mib: 64 }
    }
}

/// `[[plugin]]`, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    id: String,
    library: Option<String>,
    declarative: Option<PathBuf>,
    #[serde(default)]
    sha256: String,
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    secrets: BTreeMap<String, SecretGrant>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    mount: Option<String>,
    fresh_seconds: Option<u32>,
    stale_seconds: Option<u32>,
}

/// Which of an owner's secrets a name of the manifest stands for, and the one origin it may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SecretGrant {
    purpose: String,
    origin: String,
}

impl Config {
    /// Reads the text of a plugins.toml; `file` is where it lies.
    ///
    /// # Errors
    /// The file, the line and what is wrong there.
    pub fn parse(text: &str, file: &Path) -> Result<Self, String> {
        let mut config: Self =
            toml::from_str(text).map_err(|fault| format!("{}: {}", file.display(), fault.to_string().trim_end()))?;
        config.file = file.to_owned();
        Ok(config)
    }
}

/// A provider as this deployment loads it.
#[derive(Debug)]
pub struct Plugin {
    /// Its name here: the manifest's, or its mount's own.
    pub id: String,
    /// What it says of itself, its routes absolute.
    pub manifest: Manifest,
    pub(crate) code: Code,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) origins: Vec<Origin>,
    /// For each of the manifest's names the purpose it is stored under and the one origin it may go to.
    pub(crate) secrets: BTreeMap<String, (String, Origin)>,
    pub(crate) fresh_seconds: Option<u32>,
    pub(crate) stale_seconds: u32,
    pub(crate) steps: Arc<Semaphore>,
    strikes: AtomicU32,
}

impl Plugin {
    /// Notes a step that did not come back, and returns whether that was one too many.
    pub(crate) fn strike(&self) -> bool {
        self.strikes.fetch_add(1, Ordering::Relaxed) + 1 >= STRIKES
    }

    /// Whether it was taken out of service.
    pub(crate) fn is_out(&self) -> bool {
        self.strikes.load(Ordering::Relaxed) >= STRIKES
    }

    /// How many steps did not come back.
    pub(crate) fn strikes(&self) -> u32 {
        self.strikes.load(Ordering::Relaxed)
    }
}
