//! `badgesmith plugin list`: the configured plugins and what each may reach.

use std::{iter, path::Path};

use badgesmith_engine::Plugin;
use badgesmith_host::config;

use crate::{arguments::ConfigOption, command_error::CommandError, output::print};

/// How many routes of a plugin are listed. The index page of the server has all of them.
const ROUTES: usize = 1;
/// How many origins of a plugin are listed. plugins.toml has all of them.
const ORIGINS: usize = 2;

const HEADER: [&str; 8] = ["ID", "VERSION", "KIND", "MOUNT", "ROUTES", "ORIGINS", "SHA256", "FILE"];

/// Prints the table.
///
/// # Errors
/// The server would not start with plugins.toml or one of its plugins.
pub(super) fn run(config: &ConfigOption) -> Result<(), CommandError> {
    let (config, plugins) = config::need(config.file.as_deref()).map_err(CommandError::configuration)?;
    let checked = config.plugin.iter().map(|entry| !entry.sha256.is_empty());
    let rows: Vec<[String; 8]> = plugins.iter().zip(checked).map(|(plugin, checked)| row(plugin, checked)).collect();
    print(&table(&rows))
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
        listed(ROUTES, routes.map(str::to_owned)),
        listed(ORIGINS, origins),
        checksum.to_owned(),
        plugin.file.display().to_string(),
    ]
}

/// The first few, and how many more there are.
fn listed(count: usize, mut all: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<_> = all.by_ref().take(count).collect();
    match all.count() {
        0 => {}
        more => shown.push(format!("and {more} more")),
    }
    shown.join(" ")
}

fn is_declarative(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "toml")
}

/// Rows under a header, each column as wide as its widest cell.
fn table(rows: &[[String; 8]]) -> String {
    let head = HEADER.map(str::to_owned);
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
