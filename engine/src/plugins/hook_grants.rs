//! Webhooks are off where plugins.toml does not grant every collection that they write: an older plugins.toml still
//! loads a newer provider, whose badges are then as they were before.

use badgesmith_provider::Manifest;

use super::config::PluginConfig;

/// Leaves out the webhooks of a manifest, and the series and charts of what they write, unless plugins.toml grants
/// every collection that they write, and unless the provider is at a mount of its own. Returns the collections that
/// webhooks alone write if they are off: these are neither written nor read, so that nothing shows what was delivered
/// before.
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

/// The collections that webhooks alone write.
fn written_by_hooks(manifest: &Manifest) -> Vec<String> {
    let is_reported = |name: &String| manifest.reports.iter().any(|report| report.collection == *name);
    let of_hooks = |name: &&String| manifest.hooks.iter().any(|hook| hook.collections.contains(name));
    manifest.collections.iter().filter(of_hooks).filter(|name| !is_reported(name)).cloned().collect()
}
