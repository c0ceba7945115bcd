//! The replacement of a match, in JavaScript's syntax.

/// A piece of a replacement.
#[derive(Debug)]
pub(super) enum ReplacementPiece<'r> {
    Text(&'r str),
    /// A group by its number; 0 is the match.
    Group(usize),
}

/// Splits a replacement at its references to groups, whose names are `groups`.
pub(super) fn parse<'r>(replace: &'r str, groups: &[Option<String>]) -> Vec<ReplacementPiece<'r>> {
    let mut pieces = Vec::new();
    let mut rest = replace;
    while let Some(at) = rest.find('$') {
        pieces.push(ReplacementPiece::Text(&rest[..at]));
        rest = &rest[at + 1..];
        let (piece, length) = reference(rest, groups);
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces.push(ReplacementPiece::Text(rest));
    pieces
}

/// The reference after a dollar, and its length.
fn reference<'r>(rest: &str, groups: &[Option<String>]) -> (ReplacementPiece<'r>, usize) {
    if rest.starts_with('$') {
        return (ReplacementPiece::Text("$"), 1);
    }
    if rest.starts_with('&') {
        return (ReplacementPiece::Group(0), 1);
    }
    if let Some((name, _)) = rest.strip_prefix('<').and_then(|name| name.split_once('>')) {
        let group = groups.iter().position(|group| group.as_deref() == Some(name));
        return (group.map_or(ReplacementPiece::Text(""), ReplacementPiece::Group), name.len() + 2);
    }
    // Two digits if there is such a group, otherwise one.
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    for length in (1..=digits).rev() {
        let number = rest[..length].parse().unwrap_or(0);
        if (1..groups.len()).contains(&number) {
            return (ReplacementPiece::Group(number), length);
        }
    }
    (ReplacementPiece::Text("$"), 0)
}
