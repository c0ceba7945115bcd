//! A badge of a README, with its address and its state.

use std::ops::Range;

use url::Url;

use super::{
    files::Document,
    found::FoundAddress,
    hidden::{HiddenParts, Place},
    markup::Markup,
    question::asked,
    server::BadgeServer,
    unescape::unescaped,
    verdict::{BadgeState, Verdict},
};

/// A badge with its position.
#[derive(Debug)]
pub(super) struct ReadmeBadge {
    /// Counted from 1.
    pub(super) line: usize,
    /// The byte in the line, counted from 1.
    pub(super) column: usize,
    /// The address as it is written.
    pub(super) written: String,
    pub(super) place: Place,
    /// The address to request, if the badge is requested from the server.
    pub(super) asked: Option<Url>,
    pub(super) verdict: Verdict,
}

/// Describes the badges that were found in a document.
pub(super) fn describe(document: &Document, found: &[FoundAddress], server: &BadgeServer) -> Vec<ReadmeBadge> {
    let text = &*document.bytes;
    let slice = |range: Range<usize>| String::from_utf8_lossy(text.get(range).unwrap_or_default()).into_owned();
    let hidden = HiddenParts::of(text, document.markup);
    let (mut line, mut line_start, mut counted) = (1, 0, 0);
    let mut badges = Vec::with_capacity(found.len());
    for address in found {
        let start = address.address.start;
        for (at, byte) in text.iter().enumerate().take(start).skip(counted) {
            if *byte == b'\n' {
                (line, line_start) = (line + 1, at + 1);
            }
        }
        counted = start;
        let rest = slice(address.host.end..address.address.end);
        let place = hidden.place(start);
        let asked = asked(server, &unescaped(&rest, address.escapes));
        let reason = match place {
            Place::Code => Some("in code"),
            Place::Comment => Some("in a comment"),
            Place::Page if document.markup == Markup::AsciiDoc && rest.contains('{') => Some("has an attribute in it"),
            Place::Page if asked.is_none() => Some("no address of the server"),
            Place::Page => None,
        };
        badges.push(ReadmeBadge {
            line,
            column: start - line_start + 1,
            written: slice(address.address.clone()),
            place,
            asked: asked.filter(|_| reason.is_none()),
            verdict: Verdict::new(BadgeState::NotAsked, reason.unwrap_or_default()),
        });
    }
    badges
}
