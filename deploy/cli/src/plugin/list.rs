//! `badgesmith plugin list`: the configured plugins and what each may reach.

use std::{iter, path::Path};

use badgesmith_engine::Plugin;
use badgesmith_host::config;

use super::{Configured, say};

const HEAD: [&str; 8] = ["ID", "VERSION", "KIND", "MOUNT", "ROUTES", "ORIGINS", "SHA256", "FILE"];

/// Lists them.
///
/// # Errors
/// Whatever a start would refuse.
pub(super) fn run(configured: &Configured) -> Result<(), String> {
    let (config, plugins) = config::need(configured.config.as_deref()).map_err(|error| error.to_string())?;
    let checked = config.plugin.iter().map(|entry| !entry.sha256.is_empty());
    let rows: Vec<[String; 8]> = plugins.iter().zip(checked).map(|(plugin, checked)| row(plugin, checked)).collect();
    say(&table(&rows))
}

fn row(plugin: &Plugin, checked: bool) -> [String; 8] {
    let manifest = &plugin.manifest;
    let mount = format!("{}/", manifest.mount);
    let routes = manifest.badges.iter().map(|badge| badge.route.strip_prefix(&mount).unwrap_or(&badge.route));
    let origins = plugin.origins.iter().map(ToString::to_string);
    let is_declarative = is_declarative(&plugin.file);
    let checksum = if checked { "set" } else { "not set" };
    [
        plugin.id.clone(),
        manifest.version.clone(),
        if is_declarative { "declarative" } else { "library" }.to_owned(),
        manifest.mount.clone(),
        routes.collect::<Vec<_>>().join(" "),
        origins.collect::<Vec<_>>().join(" "),
        checksum.to_owned(),
        plugin.file.display().to_string(),
    ]
}

fn is_declarative(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "toml")
}

/// Rows under a head, each column as wide as its widest text.
fn table(rows: &[[String; 8]]) -> String {
    let head = HEAD.map(str::to_owned);
    let all = || iter::once(&head).chain(rows);
    let mut widths = [0; 8];
    for row in all() {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    all().map(line).collect()
}
