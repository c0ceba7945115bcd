//! What the server prints on standard output once it listens: addresses to try.

use std::{io::Write, sync::Arc};

use badgesmith_engine::Plugin;

use super::{answer::Server, listen_address::ListenAddress};

/// How many examples of a plugin are printed. The index page of the server has all of them.
const EXAMPLES: usize = 3;
/// From how many plugins on each has a line with one example: the examples of eighty are no help.
const MANY: usize = 12;

/// Prints the server's address and examples of every plugin's badges. At a Unix socket they are paths.
pub(super) fn print(address: &ListenAddress, server: &Server) {
    let base = &server.network.base;
    let (at, site) = match address {
        ListenAddress::Tcp(address) => (format!("http://{address}{base}"), format!("http://{address}{base}")),
        #[cfg(unix)]
        ListenAddress::UnixSocket(_) => (address.to_string(), base.to_string()),
    };
    let site = &*site;
    let mut lines = format!("BadgeSmith {} at {at}\n", env!("CARGO_PKG_VERSION"));
    let engine = server.engines.get();
    let plugins = engine.plugins();
    let (many, few) = if plugins.len() < MANY { (&[][..], plugins) } else { (plugins, &[][..]) };
    lines += &list(site, many);
    for plugin in few {
        lines += &format!("\n  {} {}\n", plugin.id, plugin.manifest.version);
        for badge in plugin.manifest.badges.iter().take(EXAMPLES) {
            lines += &format!("    {site}{}\n", svg_address(&badge.example));
        }
        let more = plugin.manifest.badges.len().saturating_sub(EXAMPLES);
        if more > 0 {
            lines += &format!("    and {more} more, all at {site}/\n");
        }
    }
    if engine.has_live_page() {
        lines += &format!("\n  live page\n    {site}/live\n");
    }
    if server.metrics.is_some() {
        lines += &format!("\n  metrics\n    {site}/metrics\n");
    }
    lines += &format!("\n  static badges\n    {site}/badge/hello-world-brightgreen\n\n");
    // A closed standard output does not keep a server from serving.
    let mut out = std::io::stdout();
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
}

/// A line with an example for each plugin.
fn list(site: &str, plugins: &[Arc<Plugin>]) -> String {
    let mut lines = String::new();
    let width = plugins.iter().map(|plugin| plugin.id.len()).max().unwrap_or_default();
    for plugin in plugins {
        let badges = &plugin.manifest.badges;
        let example = badges.first().map(|badge| svg_address(&badge.example)).unwrap_or_default();
        let start = if lines.is_empty() { "\n" } else { "" };
        lines += &format!("{start}  {:width$}  {site}{example}", plugin.id);
        lines += &if badges.len() > 1 { format!("  and {} more\n", badges.len() - 1) } else { "\n".to_owned() };
    }
    if !plugins.is_empty() {
        lines += &format!("\n  all of them\n    {site}/\n");
    }
    lines
}

/// An example's address as an SVG.
fn svg_address(example: &str) -> String {
    match example.split_once('?') {
        Some((path, query)) => format!("{path}.svg?{query}"),
        None => format!("{example}.svg"),
    }
}
