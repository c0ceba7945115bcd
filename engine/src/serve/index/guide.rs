//! `/llms.txt`: the badges of this server as Markdown, for tools that write documents.

use std::fmt::Write;

use super::catalog::{BUILT_IN, ListedBadge, badges, built_in, overrides};
use crate::parts::Parts;

/// The text before the names of the overrides.
const START: &str = "# Badges of this server

> This server draws badges: small pictures with a label and a message, such as \"build: passing\". An address below,
> with this server's scheme and host before it, is the source of an image.

- Markdown: `![build: passing](https://HOST/badge/build-passing-brightgreen)`
- `{name}` is one segment of a path, `{name…}` the rest of it, slashes included. Percent-encode each value.
- Formats: the path with `.svg` or `.png` at its end, or `?format=svg`, `png` or `json`.
- To try an address, get it without `.svg` or `.png` at its end and with `?format=json`: a badge that \
does not exist has an error status there.
- Every badge takes these query parameters: ";

/// The text after the names of the overrides.
const MORE: &str = "
- The same as data: [badges.json](badges.json), and [openapi.json](openapi.json) in OpenAPI.
";

/// The whole text, in which addresses begin with the path `base`.
pub(super) fn write(parts: &Parts, base: &str) -> String {
    let names: Vec<_> = overrides().collect();
    let mut text = [START, &code(&names), MORE].concat().replacen("//HOST", &format!("//HOST{base}"), 1);
    section(&mut text, BUILT_IN, "Badges that need no provider.", built_in(parts).map(|badge| badge.below(base)));
    for plugin in parts.plugins.all() {
        section(&mut text, &plugin.id, &plugin.manifest.summary, badges(plugin).map(|badge| badge.below(base)));
    }
    text
}

/// The badges of a provider, if it has any.
fn section<'a>(text: &mut String, id: &str, summary: &str, badges: impl Iterator<Item = ListedBadge<'a>>) {
    let mut badges = badges.peekable();
    if badges.peek().is_none() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n## {}\n\n{}\n", line(id), line(summary));
    for ListedBadge { name, route, image, summary, query, .. } in badges {
        let _ = write!(text, "- [{}]({image}): `{}` {}", line(name), line(&route), line(summary));
        if !query.is_empty() {
            let _ = write!(text, " Takes {}.", code(&query));
        }
        text.push('\n');
    }
}

/// The names as code, separated by commas.
fn code(names: &[&str]) -> String {
    format!("`{}`", names.join("`, `"))
}

/// A text of a manifest in one line, so that it cannot begin a section of its own.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
