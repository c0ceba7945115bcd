//! Webhooks are switched off if plugins.toml does not grant every collection that they write. So an older plugins.toml
//! can still load a newer provider, whose badges then work as before.

use badgesmith_provider::Manifest;

use super::config::PluginConfig;

/// Removes the webhooks of a manifest, and the series and charts of the collections that they write, if plugins.toml
/// does not grant all of these collections, or if it replaces the mount. Returns the collections that only webhooks
/// write if webhooks are off: these are neither written nor read, so that nothing shows data of earlier deliveries.
pub(super) fn switch_off(manifest: &mut Manifest, config: &PluginConfig) -> Vec<String> {
    let written: Vec<String> = written_by_hooks(manifest);
    let missing: Vec<_> = written.iter().filter(|name| !config.collections.contains(name)).collect();
    if missing.is_empty() && config.mount.is_none() {
        return Vec::new();
    }
    if config.mount.is_none() {
        tracing::warn!(
            plugin = config.id,
            "its webhooks are off, because plugins.toml does not grant the collections {missing:?}; add \
             collections = {written:?} to take deliveries"
        );
    }
    manifest.hooks.clear();
    manifest.series.retain(|series| !written.contains(&series.collection));
    manifest.charts.retain(|chart| !written.contains(&chart.collection));
    written
}

/// The collections that only webhooks write.
fn written_by_hooks(manifest: &Manifest) -> Vec<String> {
    let is_reported = |name: &String| manifest.reports.iter().any(|report| report.collection == *name);
    let of_hooks = |name: &&String| manifest.hooks.iter().any(|hook| hook.collections.contains(name));
    manifest.collections.iter().filter(of_hooks).filter(|name| !is_reported(name)).cloned().collect()
}
