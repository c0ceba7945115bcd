//! Within a crate no file imports itself through others: the files can be read in an order in which each needs only
//! those before it. The rule is ARCHITECTURE.md's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value;

/// Where a module is in its crate: the names from the crate's root, which itself is empty.
type Module = Vec<String>;

#[test]
fn no_file_imports_itself_through_others() {
    let mut circles = Vec::new();
    let packages = packages();
    assert!(packages.len() >= 13, "only {} packages were read", packages.len());
    for (package, source) in packages {
        let mut files = BTreeMap::new();
        collect(&source, &source, &mut files);
        assert!(!files.is_empty(), "{package} has no sources in {}", source.display());
        circles.extend(circle(&files).map(|circle| format!("{package}: {}", circle.join(" → "))));
    }
    assert!(circles.is_empty(), "move what two files share into a file of its own:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_groups_parents_and_paths_in_code() {
    for files in [
        // Through the items of a group, and through a path that is used without being imported.
        [("a.rs", "use crate::{b::{self, B as C}, std};"), ("b.rs", "fn f() { g(vec![crate::a::h()]) }")],
        // A parent that uses its child, and the child that imports from its parent.
        [("a.rs", "mod b; fn f() -> b::B { b::B }"), ("a/b.rs", "use super::A;")],
        [("a.rs", "mod b; pub use b::B;"), ("a/b.rs", "mod inner { use super::super::A; }")],
        // The root counts as a file, also where an item is imported that it only re-exports.
        [("lib.rs", "mod a; pub use a::A;"), ("a.rs", "use crate::Other;")],
    ] {
        let found = circle(&sources(&files)).unwrap_or_else(|| panic!("no circle in {files:?}"));
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found.first(), found.last());
        assert!(files.iter().all(|(file, _)| found.contains(&(*file).to_owned())), "{found:?}");
    }
}

#[test]
fn a_circle_names_its_files_and_no_others() {
    let files = sources(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; pub use a::A;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::c::C;"),
        ("c.rs", "use super::{b::D, d::E};"),
        ("d.rs", ""),
    ]);
    assert_eq!(circle(&files).unwrap(), ["b.rs", "c.rs", "b.rs"]);
}

#[test]
fn declarations_tests_and_other_crates_are_no_imports() {
    let files = sources(&[
        ("lib.rs", "mod a; pub mod b; mod d; #[cfg(test)] mod tests; pub use b::B; pub use d::D;"),
        ("a.rs", "//! [`crate::b::B`]\nuse ::b::X; use std::b; pub(crate) struct A; #[cfg(test)] use crate::b::{B};"),
        ("b.rs", "mod c; use crate::a::A; #[cfg(test)] #[allow(x)] mod tests { use crate::B; }"),
        ("d/e.rs", "use crate::{d::{f::F,},};"),
        ("d/f.rs", ""),
        ("d.rs", "mod e; mod f; pub use e::E; macro_rules! d { ($d:ident) => { mod $d { use super::D; } } }"),
        ("b/c.rs", "use crate::a::A; // crate::b::B\n const TEXT: &str = \"crate::b::B\";"),
        ("tests.rs", "use crate::B; use super::*;"),
    ]);
    assert_eq!(circle(&files), None);
}

/// The packages of the workspace, each with its folder of sources.
fn packages() -> Vec<(String, PathBuf)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            (package["name"].as_str().unwrap().to_owned(), manifest.with_file_name("src"))
        })
        .collect()
}

/// Reads the sources below a folder: the name of each file within `root`, and its text.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn sources(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// A shortest circle of imports among a crate's files, which begins and ends with the same file; none if there is no
/// circle.
fn circle(files: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let names: BTreeMap<Module, &String> = files.keys().map(|name| (module(name), name)).collect();
    let imports: BTreeMap<&String, BTreeSet<&String>> = files
        .iter()
        .map(|(name, text)| {
            let home = module(name);
            let mut reader = Reader { modules: &names, imports: BTreeSet::new() };
            reader.read(text.parse().expect(name), &home);
            reader.imports.remove(name);
            (name, reader.imports)
        })
        .collect();
    files.keys().filter_map(|file| way_back(file, &imports)).min_by_key(Vec::len)
}

/// The module that a file is.
fn module(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if ["lib", "main"].contains(&path) { Module::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The shortest way along imports from a file to itself.
fn way_back(file: &String, imports: &BTreeMap<&String, BTreeSet<&String>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![file]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in &imports[way.last()?] {
                let way: Vec<_> = way.iter().copied().chain([*next]).collect();
                if *next == file {
                    return Some(way.into_iter().cloned().collect());
                }
                if seen.insert(*next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

/// Reads the imports of one file from its tokens, so that comments and texts are none and macros' arguments are some.
struct Reader<'a> {
    modules: &'a BTreeMap<Module, &'a String>,
    imports: BTreeSet<&'a String>,
}

impl Reader<'_> {
    /// Notes every path to another file in the tokens of a module.
    fn read(&mut self, tokens: TokenStream, home: &[String]) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((token, behind)) = rest.split_first() {
            rest = match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' && behind.first().is_some_and(is_for_tests) => {
                    behind_item(behind)
                }
                // A path that begins with `::` leads to another crate.
                TokenTree::Punct(_) if begins_with_colons(rest) => match &behind[1..] {
                    [TokenTree::Ident(_), behind @ ..] => behind_path(behind),
                    behind => behind,
                },
                TokenTree::Ident(word) => match behind {
                    // A module within the file; in a macro its name is `$name`.
                    [name, TokenTree::Group(body), behind @ ..] | [_, name, TokenTree::Group(body), behind @ ..]
                        if *word == "mod" =>
                    {
                        self.read(body.stream(), &[home, &[name.to_string()]].concat());
                        behind
                    }
                    _ => self.read_path(rest, &[], home),
                },
                TokenTree::Group(group) => {
                    self.read(group.stream(), home);
                    behind
                }
                _ => behind,
            };
        }
    }

    /// Notes the path, or the paths of the group of imports, that the tokens begin with, and returns what is behind it.
    fn read_path<'t>(&mut self, mut tokens: &'t [TokenTree], before: &[String], home: &[String]) -> &'t [TokenTree] {
        let mut path = before.to_vec();
        while let [TokenTree::Ident(name), behind @ ..] = tokens {
            path.push(name.to_string());
            tokens = behind;
            if !begins_with_colons(tokens) {
                break;
            }
            tokens = &tokens[2..];
            if let [TokenTree::Group(group), behind @ ..] = tokens
                && group.delimiter() == Delimiter::Brace
            {
                let items: Vec<_> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
                for item in items.split(is_comma).filter(|item| !item.is_empty()) {
                    self.read_path(item, &path, home);
                }
                return behind;
            }
        }
        self.note(&path, home);
        tokens
    }

    /// Notes the file that a path leads to, if it is one of this crate.
    fn note(&mut self, path: &[String], home: &[String]) {
        let mut target = home.to_vec();
        let mut names = path;
        let Some((first, behind)) = names.split_first().filter(|(_, behind)| !behind.is_empty()) else { return };
        match &**first {
            "crate" => (target, names) = (Module::new(), behind),
            "self" | "super" => {}
            _ if self.modules.contains_key(&[home, &path[..1]].concat()) => {}
            _ => return,
        }
        while let Some((word, behind)) = names.split_first().filter(|(word, _)| ["self", "super"].contains(&&***word)) {
            if word == "super" {
                target.pop();
            }
            names = behind;
        }
        target.extend_from_slice(names);
        // The longest part of the path that is a file; what follows are its items.
        while !self.modules.contains_key(&target) && target.pop().is_some() {}
        self.imports.extend(self.modules.get(&target));
    }
}

fn begins_with_colons(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':');
    tokens.len() > 1 && tokens[..2].iter().all(is_colon)
}

/// What is behind the rest of a path whose first name was taken.
fn behind_path(mut tokens: &[TokenTree]) -> &[TokenTree] {
    while begins_with_colons(tokens) {
        tokens = &tokens[tokens.len().min(3)..];
    }
    tokens
}

/// Whether an attribute's brackets say `cfg(test)`, alone or beside other conditions.
fn is_for_tests(brackets: &TokenTree) -> bool {
    let text = brackets.to_string().replace(' ', "");
    text.starts_with("[cfg(") && !text.contains("not(") && (text.contains("(test") || text.contains(",test"))
}

/// What is behind the item that an attribute stands before: behind its `;` or its braces.
fn behind_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let end = tokens.iter().position(is_end);
    end.map_or(&[], |end| &tokens[end + 1..])
}
