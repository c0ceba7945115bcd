//! Which icon a name means.

use super::table;

/// Titles whose slug cannot be told from them, and names shields once had: `name slug`, one a line.
const ALIASES: &str = include_str!("../../icons/aliases.txt");

/// The place of the icon called `name`.
pub(super) fn find(name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    table::find(&name).or_else(|| table::find(&plain(&name))).or_else(|| aliased(&name.replace(' ', "-")))
}

/// simple-icons' way from a title to a slug (its `titleToSlug`), for the marks its titles have. What else is there stays, so that `c#`
/// does not become `c`.
fn plain(name: &str) -> String {
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

fn aliased(name: &str) -> Option<usize> {
    let known = ALIASES.lines().filter_map(|line| line.split_once(' '));
    known.filter(|(alias, _)| *alias == name).find_map(|(_, slug)| table::find(slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_leads_somewhere() {
        for line in ALIASES.lines() {
            let (name, slug) = line.split_once(' ').expect(line);
            assert_eq!(find(name), table::find(slug), "{name}");
            assert!(table::find(slug).is_some(), "{slug}");
        }
    }
}
