//! The listing as JSON. `docs/readme-command.md` documents the keys.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{hidden::Place, listing::Listing, printable::printable_json};

#[derive(Serialize)]
struct JsonListing<'a> {
    server: &'a str,
    files: Vec<JsonFile<'a>>,
    counts: BTreeMap<&'static str, usize>,
    left: usize,
}

#[derive(Serialize)]
struct JsonFile<'a> {
    file: &'a str,
    written: bool,
    badges: Vec<JsonBadge<'a>>,
}

#[derive(Serialize)]
struct JsonBadge<'a> {
    state: &'static str,
    line: usize,
    column: usize,
    place: &'static str,
    address: &'a str,
    asked: Option<&'a str>,
    label: &'a str,
    message: &'a str,
}

/// Writes the listing, and a line break.
///
/// # Errors
/// It cannot be written as JSON, which its types rule out.
pub(super) fn json(listing: &Listing) -> Result<String, serde_json::Error> {
    let files = listing.documents.iter().map(|document| JsonFile {
        file: &document.path,
        written: document.is_written,
        badges: document
            .badges
            .iter()
            .map(|badge| JsonBadge {
                state: badge.verdict.state.name(),
                line: badge.line,
                column: badge.column,
                place: match badge.place {
                    Place::Page => "page",
                    Place::Code => "code",
                    Place::Comment => "comment",
                },
                address: &badge.written,
                asked: badge.asked.as_ref().map(url::Url::as_str),
                label: &badge.verdict.label,
                message: &badge.verdict.message,
            })
            .collect(),
    });
    let counts = listing.counts().into_iter().map(|counted| (counted.state.name(), counted.count)).collect();
    let written = JsonListing { server: &listing.server, files: files.collect(), counts, left: listing.left };
    Ok(printable_json(&serde_json::to_string_pretty(&written)?) + "\n")
}
