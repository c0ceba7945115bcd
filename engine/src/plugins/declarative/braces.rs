//! A text with `{names}` that are replaced by parameters of a call.

use std::{error::Error, fmt};

use serde::Deserialize;

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPiece {
    /// Literal text.
    Literal(String),
    /// The name of a parameter.
    Name(String),
    /// The name of a parameter whose slashes stay: `{name/}`, in addresses only.
    Path(String),
    /// The name of a parameter whose dots become slashes: `{name|path}`, in addresses only.
    DotsAsPath(String),
    /// The name of a parameter whose letters become lower case: `{name|lower}`, in addresses only.
    Lower(String),
}

/// A text with names in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct TextTemplate(Vec<TextPiece>);

/// The text, in which a brace does not enclose a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoneBrace(String);

impl TextTemplate {
    /// The names in it, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.0)
    }

    /// The text, each name replaced.
    pub(super) fn fill<'a>(&self, parameter: impl Fn(&str) -> &'a str) -> String {
        fill(&self.0, parameter)
    }
}

impl TryFrom<String> for TextTemplate {
    type Error = LoneBrace;

    fn try_from(text: String) -> Result<Self, LoneBrace> {
        parse(&text).map(Self)
    }
}

impl fmt::Display for LoneBrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a brace stands alone in {:?}; write {{name}}, of letters, digits, - and _", self.0)
    }
}

impl Error for LoneBrace {}

/// Reads `text {name} text`.
///
/// # Errors
/// [`LoneBrace`].
pub(super) fn parse(text: &str) -> Result<Vec<TextPiece>, LoneBrace> {
    parse_with(text, |name| is_name(name).then(|| TextPiece::Name(name.to_owned())))
}

/// Reads `text {name} {name/} {name|path} {name|lower}`.
///
/// # Errors
/// [`LoneBrace`].
pub(super) fn parse_address(text: &str) -> Result<Vec<TextPiece>, LoneBrace> {
    parse_with(text, |inner| {
        let (name, piece): (&str, fn(String) -> TextPiece) = match inner.split_once('|') {
            Some((name, "path")) => (name, TextPiece::DotsAsPath),
            Some((name, "lower")) => (name, TextPiece::Lower),
            Some(_) => return None,
            None => match inner.strip_suffix('/') {
                Some(name) => (name, TextPiece::Path),
                None => (inner, TextPiece::Name),
            },
        };
        is_name(name).then(|| piece(name.to_owned()))
    })
}

fn parse_with(text: &str, named: impl Fn(&str) -> Option<TextPiece>) -> Result<Vec<TextPiece>, LoneBrace> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(brace);
        let inner = from.strip_prefix('{').and_then(|from| from.split_once('}'));
        let Some((piece, after)) = inner.and_then(|(inner, after)| Some((named(inner)?, after))) else {
            return Err(LoneBrace(text.to_owned()));
        };
        if !before.is_empty() {
            pieces.push(TextPiece::Literal(before.to_owned()));
        }
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(TextPiece::Literal(rest.to_owned()));
    }
    Ok(pieces)
}

/// The names, in their order.
pub(super) fn names(pieces: &[TextPiece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        TextPiece::Literal(_) => None,
        TextPiece::Name(name) | TextPiece::Path(name) => Some(name.as_str()),
        TextPiece::DotsAsPath(name) | TextPiece::Lower(name) => Some(name.as_str()),
    })
}

/// The text of the pieces, each name replaced.
pub(super) fn fill<'a>(pieces: &[TextPiece], parameter: impl Fn(&str) -> &'a str) -> String {
    let mut filled = String::new();
    for piece in pieces {
        filled.push_str(match piece {
            TextPiece::Literal(text) => text,
            TextPiece::Name(name) | TextPiece::Path(name) => parameter(name),
            // Only addresses have these, and they have their own `fill`.
            TextPiece::DotsAsPath(name) | TextPiece::Lower(name) => parameter(name),
        });
    }
    filled
}

/// Whether a text can be the name of a parameter.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
