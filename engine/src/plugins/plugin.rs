//! A plugin: a provider's code and manifest, with the grants of this deployment.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use badgesmith_provider::Manifest;

use super::{
    id::is_id,
    label_template,
    manifest_check::{self, PluginError},
    plugin_code::{PluginCode, StepError},
    strikes::Strikes,
    unset_settings,
};
use crate::{
    origin::Origin,
    permits::{Busy, Permit, Permits},
    route::Parameters,
};

/// For how many seconds a stale answer is served by default while its upstream fails: seven days.
const STALE_SECONDS: u32 = 7 * 24 * 60 * 60;
/// How many bytes of answers may wait for the steps of one plugin. The answers are in memory already, so nothing else
/// bounds them.
const WAITING_ANSWERS: u64 = 32 * 1024 * 1024;
/// The least weight of a waiting call, in bytes, so that the number of waiting calls is bounded as well.
const LIGHTEST_CALL: u64 = 8 * 1024;

/// A provider as this deployment serves it.
///
/// [`load`](super::load) makes one for every `[[plugin]]` of plugins.toml. A program that embeds the engine can make
/// one of its own Rust code:
///
/// ```
/// use std::sync::Arc;
///
/// use badgesmith_engine::{Origin, Plugin};
/// use badgesmith_provider::{Badge, Call, Manifest, Provider, Step};
///
/// #[derive(Debug)]
/// struct Greeting;
///
/// impl Provider for Greeting {
///     fn badge(&self, call: &Call) -> Result<Badge, Step> {
///         Ok(Badge::new(format!("hello, {}", call.param("name"))))
///     }
/// }
///
/// let manifest = r#"{"id": "greeting", "version": "1.0.0", "mount": "/badges/greeting", "badges": [
///     {"name": "hello", "route": "{name}", "label": "greeting", "summary": "Greets.", "example": "world"}]}"#;
/// let manifest = Manifest::parse(manifest).unwrap();
/// let plugin = Plugin::new("greeting", manifest, Arc::new(Greeting)).unwrap();
/// let plugin = plugin.with_origins(vec![Origin::parse("https://example.com").unwrap()]);
/// assert_eq!(plugin.manifest.badges[0].route, "/badges/greeting/{name}");
/// ```
#[derive(Debug)]
pub struct Plugin {
    /// Its id in this deployment.
    pub id: String,
    /// Its manifest, with absolute routes. Every further route of a badge is a badge of its own there.
    pub manifest: Manifest,
    /// The file that it was loaded from; empty for code that is part of the program.
    pub file: PathBuf,
    /// The origins it may send requests to.
    pub origins: Vec<Origin>,
    pub(crate) code: Arc<dyn PluginCode>,
    pub(crate) settings: BTreeMap<String, String>,
    /// The secrets it may send, by the names of its manifest.
    pub(crate) secrets: BTreeMap<String, BoundSecret>,
    /// The collections of records it may read and write.
    pub(crate) collections: Vec<String>,
    /// How many seconds an answer is fresh; without it, the time in the manifest.
    pub(crate) fresh_seconds: Option<u32>,
    pub(crate) stale_seconds: u32,
    steps: Permits,
    strikes: Strikes,
    /// Whether the step that began last missed its deadline.
    is_overdue: AtomicBool,
    /// Whether the log says already that a badge needs a setting without a value.
    is_unset_logged: AtomicBool,
}

/// The purpose under which a secret is stored, and the only origin that it may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundSecret {
    /// The purpose under which its owner stored it.
    pub purpose: String,
    /// Where it may be sent.
    pub origin: Origin,
}

impl Plugin {
    /// Whether it may write records of this collection.
    #[must_use]
    pub fn keeps(&self, collection: &str) -> bool {
        self.collections.iter().any(|known| known == collection)
    }

    /// A plugin that runs one step at a time, has its manifest's settings and collections, and has no grants to send
    /// requests or secrets. Relative routes of the manifest become absolute below its mount.
    ///
    /// # Errors
    /// [`PluginError`] if the plugin cannot be served with this id or manifest.
    pub fn new(id: &str, mut manifest: Manifest, code: Arc<dyn PluginCode>) -> Result<Self, PluginError> {
        if !is_id(id) {
            return Err(PluginError::Id);
        }
        manifest_check::make_absolute(&mut manifest)?;
        manifest_check::check(&manifest)?;
        Ok(Self {
            id: id.to_owned(),
            settings: manifest.settings.clone(),
            collections: manifest.collections.clone(),
            manifest,
            file: PathBuf::new(),
            origins: Vec::new(),
            code,
            secrets: BTreeMap::new(),
            fresh_seconds: None,
            stale_seconds: STALE_SECONDS,
            steps: Permits::new(1, WAITING_ANSWERS),
            strikes: Strikes::default(),
            is_overdue: AtomicBool::new(false),
            is_unset_logged: AtomicBool::new(false),
        })
    }

    /// Names the file it was loaded from.
    pub(super) fn with_file(self, file: PathBuf) -> Self {
        Self { file, ..self }
    }

    /// Lets this many steps run at once instead of one. A step that never returns holds its thread for good, so use
    /// more than one only for code that is known to end.
    #[must_use]
    pub fn with_concurrent_steps(self, steps: usize) -> Self {
        Self { steps: Permits::new(steps, WAITING_ANSWERS), ..self }
    }

    /// Replaces the code that runs its steps by the code that `wrap` returns, for example one that also logs each step.
    #[must_use]
    pub fn with_code(self, wrap: impl FnOnce(Arc<dyn PluginCode>) -> Arc<dyn PluginCode>) -> Self {
        let code = wrap(self.code);
        Self { code, ..self }
    }

    /// Grants the origins that it may send requests to.
    #[must_use]
    pub fn with_origins(self, origins: Vec<Origin>) -> Self {
        Self { origins, ..self }
    }

    /// Replaces its settings, which are its manifest's by default.
    #[must_use]
    pub fn with_settings(self, settings: BTreeMap<String, String>) -> Self {
        Self { settings, ..self }
    }

    /// Grants the secrets that it may send, by the names of its manifest.
    #[must_use]
    pub fn with_secrets(self, secrets: BTreeMap<String, BoundSecret>) -> Self {
        Self { secrets, ..self }
    }

    /// Replaces the collections of records that it may read and write, which are its manifest's by default. Their names
    /// are lower-case letters, digits and `-`.
    #[must_use]
    pub fn with_collections(self, collections: Vec<String>) -> Self {
        Self { collections, ..self }
    }

    /// Sets how many seconds an answer is fresh, instead of the manifest's time, and for how many more seconds a stale
    /// answer is served while its upstream fails, instead of seven days.
    #[must_use]
    pub fn with_freshness(self, fresh_seconds: Option<u32>, stale_seconds: Option<u32>) -> Self {
        Self { fresh_seconds, stale_seconds: stale_seconds.unwrap_or(STALE_SECONDS), ..self }
    }

    /// Whether its manifest says which collections the badges read.
    pub(crate) fn has_reads(&self) -> bool {
        self.manifest.badges.iter().any(|badge| !badge.reads.is_empty())
    }

    /// Whether only webhook deliveries write this collection, so that it may have data of private repositories.
    pub(crate) fn is_of_hooks(&self, collection: &str) -> bool {
        let Manifest { hooks, reports, .. } = &self.manifest;
        hooks.iter().flat_map(|hook| &hook.collections).any(|name| name == collection)
            && !reports.iter().any(|report| report.collection == collection)
    }

    /// Whether only webhooks write this collection, and webhooks are off.
    pub(crate) fn is_off(&self, collection: &str) -> bool {
        let is_named = |names: &[String]| names.iter().any(|name| name == collection);
        is_named(&self.manifest.collections) && !is_named(&self.collections)
    }

    /// The label of a badge in a call with these parameters. If the label is empty, the plugin's id is used.
    pub(crate) fn label<'a>(&'a self, label: &'a str, params: &'a Parameters, query: &'a Parameters) -> Cow<'a, str> {
        let parameter = |name: &str| params.get(name).or_else(|| query.get(name)).map(String::as_str);
        match label_template::fill(label, parameter, |name| self.settings.get(name).map(String::as_str)) {
            Cow::Owned(filled) if filled.is_empty() => Cow::Borrowed(&self.id),
            filled => filled,
        }
    }

    /// Logs what to write for each setting that the operator has to set.
    pub(crate) fn log_unset_settings(&self) {
        let is_declarative = self.file.extension().is_some_and(|extension| extension == "toml");
        for setting in unset_settings::needed(&self.settings, is_declarative) {
            let command = unset_settings::remedy(&self.id, std::iter::once(setting));
            tracing::info!(
                plugin = self.id,
                setting,
                command,
                "a setting has no value; the badges that need it say so"
            );
        }
    }

    /// Logs, once, that a request begins with a setting that has no value, and what to write.
    pub(crate) fn log_no_upstream(&self) {
        if !self.is_unset_logged.swap(true, Ordering::Relaxed) {
            let command = unset_settings::remedy(&self.id, unset_settings::unset(&self.settings));
            tracing::warn!(
                plugin = self.id,
                command,
                "a badge needs a setting that has no value; run this command, or write settings and origins in \
                 plugins.toml"
            );
        }
    }

    /// Runs one step: passes a call and the bodies of its answers, and returns a step message. The plugin's code may
    /// never return.
    ///
    /// # Errors
    /// What the plugin did wrong.
    pub fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        self.code.step(call, bodies)
    }

    /// Waits for a permit to run a step with answers of this many bytes. The step is over when the permit is dropped.
    ///
    /// # Errors
    /// [`Busy`], at once, if the queue of this plugin is full.
    pub(crate) async fn permit(&self, bytes: usize) -> Result<Permit, Busy> {
        let weight = u64::try_from(bytes).unwrap_or(u64::MAX).clamp(LIGHTEST_CALL, WAITING_ANSWERS);
        let permit = self.steps.take(&[], weight).await?;
        self.is_overdue.store(false, Ordering::Relaxed);
        Ok(permit)
    }

    /// Counts a step that missed its deadline. Returns whether the plugin is out of service now.
    pub(crate) fn strike(&self, clock: Duration) -> bool {
        self.is_overdue.store(true, Ordering::Relaxed);
        self.strikes.count(clock)
    }

    /// Whether it is out of service: until an overdue step returns, or for good.
    pub(crate) fn is_out(&self) -> bool {
        let is_stuck = self.is_overdue.load(Ordering::Relaxed) && self.steps.free() == 0;
        is_stuck || self.strikes.are_out()
    }

    /// How many steps missed their deadline.
    pub(crate) fn strikes(&self) -> u32 {
        self.strikes.steps()
    }
}
