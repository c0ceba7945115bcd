//! Detects a DOCTYPE that declares entities, as an entity expansion attack does.

/// An entity's declaration must show within this many bytes that the entity is external; otherwise it counts as one
/// with replacement text.
const LONGEST_DECLARATION: usize = 1000;

/// Whether a DOCTYPE declares entities that have replacement text, or parameter entities.
///
/// An external entity (`SYSTEM "…"`) is allowed, because the parser replaces it with nothing. If there is a DOCTYPE,
/// the whole file is searched, so that no unusual quoting can hide a declaration.
pub(super) fn declares_entities(text: &str) -> bool {
    has_doctype(text)
        && text.match_indices("<!ENTITY").any(|(start, word)| {
            let after = start + word.len();
            let end = text.floor_char_boundary(after.saturating_add(LONGEST_DECLARATION));
            let declaration = text.get(after..end).unwrap_or_default().trim_ascii_start();
            let name = declaration.find(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'');
            let value = name.and_then(|end| declaration.get(end..)).unwrap_or_default().trim_ascii_start();
            declaration.starts_with('%') || !value.starts_with(['S', 'P'])
        })
}

/// Whether a DOCTYPE comes before the root, after nothing but the XML declaration, comments and processing
/// instructions.
fn has_doctype(text: &str) -> bool {
    let mut rest = text.trim_ascii_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            return rest.starts_with("<!DOCTYPE");
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_ascii_start(),
            None => return false,
        }
    }
}
