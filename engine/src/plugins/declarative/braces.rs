//! A text with `{names}` in it, for which the parts of a call are put in.

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stays as it is.
    Text(String),
    /// The name of a part.
    Name(String),
}

/// Reads `text {name} text`.
///
/// # Errors
/// What is wrong with the braces, and what to write.
pub(super) fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(brace);
        let name = from.strip_prefix('{').and_then(|from| from.split_once('}')).filter(|(name, _)| is_name(name));
        let Some((name, after)) = name else {
            return Err(format!("a brace stands alone in {text:?}; write {{name}}, of letters, digits, - and _"));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Name(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// The names, in their order.
pub(super) fn names(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Name(name) => Some(name.as_str()),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
