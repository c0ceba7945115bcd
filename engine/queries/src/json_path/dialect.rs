//! What shields' reader of paths (jsonpath-plus) takes beside RFC 9535, written as the RFC has it.
//!
//! `package.rust-version` means `$.package['rust-version']`, and `$.[0]` means `$[0]`. Brackets stay as they are.

/// The path as RFC 9535 writes it, as far as it can be told.
pub(super) fn translate(query: &str) -> String {
    let mut meant = String::with_capacity(query.len() + 8);
    meant.push('$');
    let mut rest = query.strip_prefix('$').unwrap_or(query);
    if !rest.starts_with(['.', '[']) {
        rest = name(rest, &mut meant);
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            meant.push_str("..");
            rest = if after.starts_with('[') { after } else { descendant(after, &mut meant) };
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = if after.starts_with('[') { after } else { name(after, &mut meant) };
        } else if rest.starts_with('[') {
            let (brackets, after) = rest.split_at(bracketed(rest));
            meant.push_str(brackets);
            rest = after;
        } else {
            // Nothing a path goes on with: the reader will say so.
            meant.push_str(rest);
            break;
        }
    }
    meant
}

/// One name in brackets and quotes, or a star; what follows it.
fn name<'q>(rest: &'q str, meant: &mut String) -> &'q str {
    meant.push_str(if rest.starts_with('*') { "." } else { "" });
    descendant(rest, meant)
}

/// The same behind `..`, where a star stands without a dot.
fn descendant<'q>(rest: &'q str, meant: &mut String) -> &'q str {
    let (name, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
    if name == "*" {
        meant.push('*');
    } else {
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        meant.push_str(&["['", &quoted, "']"].concat());
    }
    after
}

/// How long the brackets at the beginning are, quotes and brackets in them included.
fn bracketed(text: &str) -> usize {
    let (mut quote, mut depth, mut is_escaped) = (None, 0_usize, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 1 => return at + 1,
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_shields_is_a_path_of_the_rfc() {
        let rows = [
            ("version", "$['version']"),
            ("package.rust-version", "$['package']['rust-version']"),
            ("$.tool.poetry.dev-dependencies.x", "$['tool']['poetry']['dev-dependencies']['x']"),
            ("$.[0].name", "$[0]['name']"),
            ("[0]", "$[0]"),
            ("$..a-b[?(@.c-d == 1)].*", "$..['a-b'][?(@.c-d == 1)].*"),
            ("$..*", "$..*"),
            ("*.a", "$.*['a']"),
            ("it's", "$['it\\'s']"),
            ("a['b]\\'c'].d", "$['a']['b]\\'c']['d']"),
            ("$", "$['']"),
        ];
        for (query, meant) in rows {
            assert_eq!(translate(query), meant, "{query}");
        }
    }
}
