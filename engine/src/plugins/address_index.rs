//! An index from addresses to plugins: a sorted text that is searched without parsing it first, which keeps the start
//! of a process short.

use std::fmt::Write;

use crate::request::decode;

/// The prefixes of all plugins' addresses. A line is a prefix in lower case, a tab, and the plugin's position in
/// plugins.toml; the lines are sorted.
#[derive(Debug, Default)]
pub struct AddressIndex(String);

/// The plugins that have a prefix of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fitting {
    /// No plugin.
    Nothing,
    /// The plugin at this position in plugins.toml.
    One(usize),
    /// More than one.
    Several,
}

impl AddressIndex {
    /// The index of plugins with these prefixes, such as `badges/packages/nuget`, in the order of plugins.toml.
    #[must_use]
    pub fn of(beginnings: &[&[String]]) -> Self {
        let all = beginnings.iter().enumerate().flat_map(|(at, these)| these.iter().map(move |text| (text, at)));
        let mut lines: Vec<String> = all.map(|(text, at)| format!("{}\t{at}\n", text.to_ascii_lowercase())).collect();
        lines.sort_unstable();
        lines.dedup();
        Self(lines.concat())
    }

    /// The index that [`as_str`](Self::as_str) wrote.
    #[must_use]
    pub fn read(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The plugins that may have the address with these segments, which are still percent-encoded.
    pub(crate) fn fitting(&self, segments: &[&str]) -> Fitting {
        let (mut fitting, mut beginning) = (Fitting::Nothing, String::new());
        for segment in segments {
            let segment = decode(segment);
            beginning.push_str(&segment);
            let this = beginning.len() - segment.len()..;
            beginning[this].make_ascii_lowercase();
            for at in self.plugins_at(&beginning) {
                fitting = match fitting {
                    Fitting::Nothing => Fitting::One(at),
                    Fitting::One(one) if one == at => fitting,
                    _ => return Fitting::Several,
                };
            }
            beginning.push('/');
            if !self.from(&beginning).starts_with(&*beginning) {
                break;
            }
        }
        fitting
    }

    /// The positions of the plugins that have exactly this prefix.
    fn plugins_at(&self, beginning: &str) -> impl Iterator<Item = usize> {
        let mut key = beginning.to_owned();
        // Writing to a string does not fail.
        let _ = key.write_char('\t');
        let lines = self.from(&key).lines();
        lines.map_while(move |line| line.strip_prefix(&*key)).filter_map(|at| at.parse().ok())
    }

    /// The text from the first line that is not less than `key`.
    fn from(&self, key: &str) -> &str {
        let text = self.0.as_bytes();
        let (mut low, mut high) = (0, text.len());
        while low < high {
            let middle = low.midpoint(high);
            let start = text[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
            let end = text[middle..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| middle + at);
            if &text[start..end] < key.as_bytes() {
                low = (end + 1).min(text.len());
            } else {
                high = start;
            }
        }
        &self.0[low..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(plugins: &[&[&str]]) -> AddressIndex {
        let owned: Vec<Vec<String>> =
            plugins.iter().map(|it| it.iter().map(|&text| text.to_owned()).collect()).collect();
        AddressIndex::of(&owned.iter().map(|it| &it[..]).collect::<Vec<_>>())
    }

    fn fitting(index: &AddressIndex, path: &str) -> Fitting {
        index.fitting(&path.split('/').collect::<Vec<_>>())
    }

    #[test]
    fn an_address_leads_to_the_plugins_that_have_its_beginning_and_to_no_other() {
        let index = index(&[&["badges/gem", "gem", "gem"], &["GEM/deep", "gems-of"], &["gem-tools/v", "é"]]);
        for (path, expected) in [
            ("gem/v/rails", Fitting::One(0)),
            ("Badges/GEM/rails", Fitting::One(0)),
            ("gem", Fitting::One(0)),
            ("gem/deep/x", Fitting::Several),
            ("gem/deepest", Fitting::One(0)),
            ("g%65m-tools/V/x", Fitting::One(2)),
            ("%C3%A9/x", Fitting::One(2)),
            ("gem-tools", Fitting::Nothing),
            ("gem-tools/w", Fitting::Nothing),
            ("gems/v/rails", Fitting::Nothing),
            ("gems-of", Fitting::One(1)),
            ("badges", Fitting::Nothing),
            ("badges/gems/x", Fitting::Nothing),
            ("gem%09", Fitting::Nothing),
            ("gem%0A", Fitting::Nothing),
            ("", Fitting::Nothing),
            ("zzz/x", Fitting::Nothing),
        ] {
            assert_eq!(fitting(&index, path), expected, "{path}");
        }
        assert_eq!(fitting(&AddressIndex::default(), "gem/x"), Fitting::Nothing);
    }

    #[test]
    fn every_beginning_is_found_among_many_and_none_beside_it() {
        let names: Vec<String> = (0..300).map(|at| format!("name-{at}/{}", at % 7)).collect();
        let lists: Vec<[String; 1]> = names.iter().map(|name| [name.clone()]).collect();
        let index = AddressIndex::of(&lists.iter().map(|list| &list[..]).collect::<Vec<_>>());
        for (at, name) in names.iter().enumerate() {
            assert_eq!(fitting(&index, &format!("{name}/x")), Fitting::One(at), "{name}");
            assert_eq!(fitting(&index, &format!("{name}x")), Fitting::Nothing, "{name}");
        }
        assert_eq!(AddressIndex::read(index.as_str().to_owned()).as_str(), index.as_str());
    }
}
