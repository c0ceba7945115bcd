//! The form of the response that an address asks for, read before its route is known.

use crate::{
    addresses::is_kept,
    format::Format,
    request::{Pairs, Request, decode},
};

/// What the query and the ending of an address say about the form of its response.
#[derive(Debug)]
pub(crate) struct AskedForm<'r> {
    /// The path's segments, still percent-encoded.
    pub(crate) whole: Vec<&'r str>,
    /// The path's segments without the ending that names the format.
    pub(crate) segments: Vec<&'r str>,
    /// The format that `?format=` or the ending names.
    pub(crate) named: Option<Format>,
    /// Whether `?format=` names an unknown format.
    pub(crate) is_invalid: bool,
    /// The format if neither names one: JSON for the index page and for addresses that begin with one of the words in
    /// `KEPT`, SVG for any other address.
    pub(crate) default: Format,
}

impl<'r> AskedForm<'r> {
    pub(crate) fn read(request: &'r Request, pairs: &Pairs<'_>) -> Self {
        let whole: Vec<&str> = request.segments().collect();
        let format = pairs.get("format");
        let by_query = format.and_then(Format::parse);
        let mut segments = whole.clone();
        let mut by_ending = None;
        if by_query.is_none()
            && let Some(last) = segments.last_mut()
            && let Some((format, stem)) = cut_ending(last, is_own_badge(&whole))
        {
            *last = stem;
            by_ending = Some(format);
        }
        let first = segments.first().map(|first| decode(first)).unwrap_or_default();
        let default = if whole.is_empty() || is_kept(&first) { Format::Json } else { Format::Svg };
        let is_invalid = format.is_some() && by_query.is_none();
        Self { whole, segments, named: by_query.or(by_ending), is_invalid, default }
    }

    /// The format of a response that needs no route.
    pub(crate) fn format(&self) -> Format {
        self.named.unwrap_or(self.default)
    }

    /// Whether the address names a format that is a picture.
    pub(crate) fn names_picture(&self) -> bool {
        self.named.is_some_and(|format| format != Format::Json)
    }

    /// The format of the response to an address that matches no route; there `.json` is an ending, too.
    pub(crate) fn of_unknown(&self) -> Format {
        let ending = || self.segments.last().and_then(|last| cut_ending(last, true)).map(|(format, _)| format);
        self.named.or_else(ending).unwrap_or(self.default)
    }
}

/// Whether this is the address of one of the engine's own badges, where `.json` is an ending.
fn is_own_badge(segments: &[&str]) -> bool {
    let first = segments.first().map(|first| decode(first).to_ascii_lowercase()).unwrap_or_default();
    let is_endpoint = segments.len() == 1 && first.split('.').next() == Some("endpoint");
    matches!(&*first, "badge" | "static") || first.starts_with(':') || is_endpoint
}

/// The format that an ending such as `.svg` names, and the segment without it. `.json` is an ending of the engine's own
/// badges only, because there are packages such as `Newtonsoft.Json`.
fn cut_ending(segment: &str, has_json: bool) -> Option<(Format, &str)> {
    let endings = [("svg", Format::Svg), ("png", Format::Png), ("json", Format::Json)];
    endings.into_iter().filter(|(_, format)| has_json || *format != Format::Json).find_map(|(name, format)| {
        let stem = segment.strip_suffix(name)?;
        // A client or a gateway may have percent-encoded the dot.
        let stem = [".", "%2e", "%2E"].into_iter().find_map(|dot| stem.strip_suffix(dot))?;
        Some((format, stem))
    })
}
