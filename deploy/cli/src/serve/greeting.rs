//! What the server prints on standard output once it listens: addresses to try.

use std::{io::Write, net::SocketAddr};

use super::answer::Server;

/// How many examples of a plugin are printed. The index page of the server has all of them.
const EXAMPLES: usize = 3;

/// Prints the server's address and examples of every plugin's badges.
pub(super) fn print(address: SocketAddr, server: &Server) {
    let mut lines = format!("BadgeSmith {} at http://{address}\n", env!("CARGO_PKG_VERSION"));
    for plugin in server.engine.plugins() {
        lines += &format!("\n  {} {}\n", plugin.id, plugin.manifest.version);
        for badge in plugin.manifest.badges.iter().take(EXAMPLES) {
            lines += &format!("    http://{address}{}\n", svg_address(&badge.example));
        }
        let more = plugin.manifest.badges.len().saturating_sub(EXAMPLES);
        if more > 0 {
            lines += &format!("    and {more} more, all at http://{address}/\n");
        }
    }
    if server.metrics.is_some() {
        lines += &format!("\n  metrics\n    http://{address}/metrics\n");
    }
    lines += &format!("\n  static badges\n    http://{address}/badge/hello-world-brightgreen\n\n");
    // A closed standard output does not keep a server from serving.
    let mut out = std::io::stdout();
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
}

/// An example's address as an SVG.
fn svg_address(example: &str) -> String {
    match example.split_once('?') {
        Some((path, query)) => format!("{path}.svg?{query}"),
        None => format!("{example}.svg"),
    }
}
