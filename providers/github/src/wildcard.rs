//! The patterns of the query parameter `filter`.

/// Whether a text matches a pattern, in which `*` stands for any characters, and a `!` at the beginning negates the
/// pattern. The case of letters does not matter.
pub(crate) fn fits(text: &str, pattern: &str) -> bool {
    let (pattern, expected) = pattern.strip_prefix('!').map_or((pattern, true), |pattern| (pattern, false));
    fits_exactly(&text.to_lowercase(), &pattern.to_lowercase()) == expected
}

fn fits_exactly(text: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').map_or((None, rest), |(middle, end)| (Some(middle), end));
    // Matching each piece at its first occurrence leaves the most text for the pieces after it.
    for piece in middle.into_iter().flat_map(|middle| middle.split('*')) {
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_an_exclamation_mark_for_the_opposite() {
        let fitting = |pattern| {
            let names = ["v1.1.0", "v1.2.0-beta", "server-2022-01-01"];
            names.into_iter().filter(|name| fits(name, pattern)).collect::<Vec<_>>()
        };
        assert_eq!(fitting("*"), ["v1.1.0", "v1.2.0-beta", "server-2022-01-01"]);
        assert_eq!(fitting("!*").len(), 0);
        assert_eq!(fitting("server-*"), ["server-2022-01-01"]);
        assert_eq!(fitting("!server-*"), ["v1.1.0", "v1.2.0-beta"]);
        assert_eq!(fitting("*BETA*"), ["v1.2.0-beta"]);
        assert_eq!(fitting("v*.*.0"), ["v1.1.0"]);
        assert_eq!(fitting("*-0*-01"), ["server-2022-01-01"]);
        assert_eq!(fitting("v1.1.0"), ["v1.1.0"]);
        assert_eq!(fitting("v1.1").len(), 0);
        assert_eq!(fitting("v1.1.0*0").len(), 0, "a character counts once");
    }
}
