//! Finds an icon by a name: its slug, its title, or an alias.

use super::table;

/// Titles whose slug cannot be derived, and former names of shields: one `name slug` per line.
const ALIASES: &str = include_str!("../../icons/aliases.txt");

/// The index of the icon called `name`.
pub(super) fn find(name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    table::find(&name).or_else(|| table::find(&slug(&name))).or_else(|| find_alias(&name.replace(' ', "-")))
}

/// Derives a slug from a title, like simple-icons' `titleToSlug`, but only for the characters that its titles have. All
/// other characters are kept, so that `c#` does not become `c`.
fn slug(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            ' ' | '-' | '_' | '\'' | '!' | ',' | ':' | '/' => {}
            '+' => out.push_str("plus"),
            '.' => out.push_str("dot"),
            '&' => out.push_str("and"),
            other => out.push(other),
        }
    }
    out
}

fn find_alias(name: &str) -> Option<usize> {
    let known = ALIASES.lines().filter_map(|line| line.split_once(' '));
    known.filter(|(alias, _)| *alias == name).find_map(|(_, slug)| table::find(slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_finds_its_icon() {
        for line in ALIASES.lines() {
            let (name, slug) = line.split_once(' ').expect(line);
            assert_eq!(find(name), table::find(slug), "{name}");
            assert!(table::find(slug).is_some(), "{slug}");
        }
    }
}
