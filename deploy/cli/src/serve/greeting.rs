//! What the server prints on standard output once it listens: addresses to try.

use std::{
    io::{IsTerminal, Write, stdout},
    sync::Arc,
};

use badgesmith_engine::Plugin;

use super::{answer::Server, listen_address::ListenAddress};

/// How many examples of a plugin are printed. The index page of the server has all of them.
const EXAMPLES: usize = 3;
/// From this many plugins on, each plugin has only one line with one example, since the list would be too long
/// otherwise.
const MANY: usize = 12;

/// Prints the server's address and examples of every plugin's badges. At a Unix socket the addresses are paths. On a
/// terminal, unless the log is at `debug`, only the number of plugins and badges is printed, since the examples of
/// eighty plugins do not fit on a screen.
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
    if stdout().is_terminal() && !tracing::enabled!(tracing::Level::DEBUG) {
        let badges = plugins.iter().map(|plugin| plugin.manifest.badges.len()).sum();
        return write(&(lines + &count(site, plugins.len(), badges)));
    }
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
    write(&lines);
}

/// Writes to standard output. A closed one does not keep a server from serving.
fn write(lines: &str) {
    let mut out = stdout();
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
}

/// How many plugins and badges there are, and where they are listed.
fn count(site: &str, plugins: usize, badges: usize) -> String {
    let [plugins, badges] = [(plugins, "plugin"), (badges, "badge")].map(|(count, name)| match count {
        1 => format!("1 {name}"),
        _ => format!("{count} {name}s"),
    });
    format!("{plugins} with {badges}; {site}/ and `badgesmith plugin list` show them\n")
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

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_terminal_is_told_in_one_line_how_many_plugins_and_badges_there_are() {
        for (plugins, badges, start) in
            [(83, 912, "83 plugins with 912 badges; "), (1, 1, "1 plugin with 1 badge; "), (0, 0, "0 plugins with 0 ")]
        {
            let line = count("http://127.0.0.1:8080/team", plugins, badges);
            assert!(line.starts_with(start) && line.ends_with('\n') && line.lines().count() == 1, "{line}");
            assert!(line.contains("http://127.0.0.1:8080/team/ "), "{line}");
        }
    }
}
