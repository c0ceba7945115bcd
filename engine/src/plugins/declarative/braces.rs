//! A text with `{names}`, which the parameters of a call replace.

use std::{error::Error, fmt};

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPiece {
    /// Literal text.
    Literal(String),
    /// The name of a parameter.
    Name(String),
}

/// The text, in which a brace does not enclose a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoneBrace(String);

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
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(brace);
        let name = from.strip_prefix('{').and_then(|from| from.split_once('}')).filter(|(name, _)| is_name(name));
        let Some((name, after)) = name else {
            return Err(LoneBrace(text.to_owned()));
        };
        if !before.is_empty() {
            pieces.push(TextPiece::Literal(before.to_owned()));
        }
        pieces.push(TextPiece::Name(name.to_owned()));
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
        TextPiece::Name(name) => Some(name.as_str()),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
